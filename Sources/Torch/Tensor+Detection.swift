import CDenseKitTorch

// Boxes are `[n, 4]`: left, top, right, bottom, in pixels; their areas have no pixel added.
extension Tensor {
    /// Non-maximum suppression: the boxes by descending score (equal ones in their order), each kept unless its IoU with one kept before
    /// it is greater than `threshold`. Any floating-point type, compared in float32; on a GPU's tensors it is done on the CPU.
    ///
    /// - Parameters:
    ///   - boxes: `[n, 4]`
    ///   - scores: `[n]`
    /// - Returns: the indices of those kept, in that order. `[k]` int64
    public static func nms(_ boxes: Tensor, _ scores: Tensor, threshold: Double) throws -> Tensor {
        try make("nms", boxes, scores) { ct_nms(boxes.handle, scores.handle, nil, threshold, $0) }
    }

    /// The same, where only boxes of one group (a class, a level) suppress each other.
    ///
    /// mmcv's `batched_nms` gets there by moving the boxes of group g by g times the largest coordinate plus one, which rounds them: by up to
    /// 0.004 pixels for 80 classes at 1333 pixels. Here boxes are compared where they are; the two differ where an IoU is that near to the
    /// threshold.
    ///
    /// - Parameter groups: `[n]`, any integers
    public static func batchedNMS(_ boxes: Tensor, _ scores: Tensor, groups: Tensor, threshold: Double) throws -> Tensor {
        try make("batched_nms", boxes, scores, groups) {
            ct_nms(boxes.handle, scores.handle, groups.handle, threshold, $0)
        }
    }

    /// RoIAlign (He et al. 2017, section 3): each region is cut into `size` bins, and a bin is the mean of the map's bilinear values at a grid of
    /// points in it. Operation by operation torchvision's and mmcv's, to the bit on the CPU; differentiable with respect to the map.
    ///
    /// Points more than one position outside of the map count as 0. The result has the map's type (float16 and bfloat16 are computed in
    /// float32) and its memory layout, and does not depend on that layout or the number of threads, nor does the gradient.
    ///
    /// - Parameters:
    ///   - rois: `[r, 5]`: index of the image, left, top, right, bottom in the image's pixels
    ///   - scale: the map's positions in a pixel: 1 / stride
    ///   - samplingRatio: points of a bin in each direction; 0: as many as the bin is positions long, rounded up
    ///   - aligned: whether pixels' centres stand at halves (mmdetection's and detectron2's way); without, regions are at least 1 position long
    /// - Returns: `[n, c, h, w] → [r, c, size.height, size.width]`
    public func roiAligned(_ rois: Tensor, size: Size2D, scale: Double, samplingRatio: Int, aligned: Bool) throws -> Tensor {
        try make("roi_align", self, rois) { out in
            size.withC { ct_roi_align(handle, rois.handle, $0, scale, Int64(samplingRatio), aligned, out) }
        }
    }

    /// Masks at their boxes in a picture, resized bilinearly: 1 where they reach `threshold`. `[d, m, m] → [d, size.height, size.width]` uint8
    ///
    /// As mmdetection's, on the CPU: a box and up to two pixels around it are sampled, the rest of the picture is 0. A box without width or height
    /// gets its mask's middle there.
    ///
    /// - Parameters:
    ///   - masks: probabilities
    ///   - boxes: `[d, 4]`
    public static func pastedMasks(_ masks: Tensor, boxes: Tensor, size: Size2D, threshold: Double) throws -> Tensor {
        var threshold = threshold
        return try make("paste_masks", masks, boxes) {
            ct_paste_masks(masks.handle, boxes.handle, Int64(size.height), Int64(size.width), &threshold, false, $0)
        }
    }

    /// The same before the threshold. `[d, m, m] → [d, size.height, size.width]` float32
    ///
    /// - Parameter whole: whether the whole picture is sampled, as mmdetection does on a GPU: a mask fades out over half a cell around its box, and that
    ///   of a box without width fills its rows.
    public static func pastedProbabilities(_ masks: Tensor, boxes: Tensor, size: Size2D, whole: Bool = false) throws -> Tensor {
        try make("paste_masks", masks, boxes) {
            ct_paste_masks(masks.handle, boxes.handle, Int64(size.height), Int64(size.width), nil, whole, $0)
        }
    }
}
