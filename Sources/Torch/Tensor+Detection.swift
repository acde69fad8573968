import CDenseKitTorch

// Boxes are `[n, 4]`: left, top, right, bottom, in pixels; their areas have no pixel added.
extension Tensor {
    /// Non-maximum suppression: boxes in order of descending score (equal scores in their order),
    /// each kept unless its IoU with a kept box is above `threshold`.
    ///
    /// Takes any floating-point type and compares in float32. Tensors on a GPU are processed on the
    /// CPU.
    ///
    /// - Parameters:
    ///   - boxes: left, top, right, bottom in pixels, `[n, 4]`
    ///   - scores: `[n]`
    ///   - threshold: the IoU, 0…1, above which a box is removed
    /// - Returns: indices of the kept boxes by descending score, `[k]` int64
    public static func nms(_ boxes: Tensor, _ scores: Tensor, threshold: Double) throws -> Tensor {
        try make("nms", boxes, scores) { ct_nms(boxes.handle, scores.handle, nil, threshold, $0) }
    }

    /// Non-maximum suppression within groups: boxes in order of descending score, each kept unless
    /// its IoU with a kept box of its group (a class, a level) is above `threshold`.
    ///
    /// mmcv's `batched_nms` moves the boxes of group g by g times the largest coordinate plus one,
    /// which rounds them: by up to 0.004 pixels for 80 classes at 1333 pixels. Here boxes are
    /// compared where they are, so results differ where an IoU is that close to the threshold.
    ///
    /// - Parameters:
    ///   - boxes: left, top, right, bottom in pixels, `[n, 4]`
    ///   - scores: `[n]`
    ///   - groups: group of each box, `[n]`, any integers
    ///   - threshold: the IoU, 0…1, above which a box is removed
    /// - Returns: indices of the kept boxes by descending score, `[k]` int64
    public static func batchedNMS(
        _ boxes: Tensor, _ scores: Tensor, groups: Tensor, threshold: Double
    ) throws -> Tensor {
        try make("batched_nms", boxes, scores, groups) {
            ct_nms(boxes.handle, scores.handle, groups.handle, threshold, $0)
        }
    }

    /// RoIAlign: each region is cut into `size` bins, and a bin is the mean of bilinear values of
    /// the map at a grid of points. `[n, c, h, w] → [r, c, size.height, size.width]` (He et al.
    /// 2017, section 3)
    ///
    /// Equal to torchvision's and mmcv's to the bit on the CPU; differentiable with respect to the
    /// map. Points more than one position outside the map count as 0. The result has the type of
    /// the map (float16 and bfloat16 are computed in float32) and its memory layout. Neither result
    /// nor gradient depends on that layout or on the number of threads.
    ///
    /// - Parameters:
    ///   - rois: image index, left, top, right, bottom in pixels of the image, `[r, 5]`
    ///   - size: bins in each direction
    ///   - scale: positions of the map for each pixel: 1 / stride
    ///   - samplingRatio: points of a bin in each direction; 0 for as many as the bin is positions
    ///     long, rounded up
    ///   - aligned: whether pixel centres lie at half coordinates (as in mmdetection and
    ///     detectron2); if not, regions are at least 1 position long
    public func roiAligned(
        _ rois: Tensor, size: Size2D, scale: Double, samplingRatio: Int, aligned: Bool
    ) throws -> Tensor {
        try make("roi_align", self, rois) { out in
            size.withC {
                ct_roi_align(handle, rois.handle, $0, scale, Int64(samplingRatio), aligned, out)
            }
        }
    }

    /// Masks of boxes resized bilinearly to their places in an image: 1 where the probability is
    /// `threshold` or more, 0 elsewhere. `[d, m, m] → [d, size.height, size.width]` uint8
    ///
    /// As mmdetection does on the CPU: a box and up to two pixels around it are sampled, the rest
    /// of the image is 0. A box without width or height takes the middle of its mask there.
    ///
    /// - Parameters:
    ///   - masks: probabilities, `[d, m, m]`
    ///   - boxes: left, top, right, bottom in pixels, `[d, 4]`
    ///   - size: of the image
    ///   - threshold: the probability, 0…1, from which a pixel belongs to the mask
    public static func pastedMasks(_ masks: Tensor, boxes: Tensor, size: Size2D, threshold: Double)
        throws -> Tensor
    {
        var threshold = threshold
        return try make("paste_masks", masks, boxes) {
            ct_paste_masks(
                masks.handle, boxes.handle, Int64(size.height), Int64(size.width), &threshold,
                false, $0)
        }
    }

    /// Probabilities of masks resized bilinearly to the places of their boxes in an image, without
    /// a threshold. `[d, m, m] → [d, size.height, size.width]` float32
    ///
    /// - Parameters:
    ///   - masks: probabilities, `[d, m, m]`
    ///   - boxes: left, top, right, bottom in pixels, `[d, 4]`
    ///   - size: of the image
    ///   - whole: whether the whole image is sampled, as mmdetection does on a GPU: a mask then
    ///     fades out over half a cell around its box, and that of a box without width fills its
    ///     rows; by default a box and up to two pixels around it
    public static func pastedProbabilities(
        _ masks: Tensor, boxes: Tensor, size: Size2D, whole: Bool = false
    ) throws -> Tensor {
        try make("paste_masks", masks, boxes) {
            ct_paste_masks(
                masks.handle, boxes.handle, Int64(size.height), Int64(size.width), nil, whole, $0)
        }
    }
}
