import CDenseKitTorch

extension Tensor {
    /// The class of every pixel in `rows` of the bilinear enlargement of a map of logits, without ever holding the enlarged map.
    ///
    /// - Parameters:
    ///   - firstRow: this tensor `[r, w, k]` (classes last, contiguous) holds the rows from `firstRow` on …
    ///   - sourceHeight: … of a map of `sourceHeight` rows, which
    ///   - size: is enlarged to `size`.
    /// - Returns: class indices `[rows.count, size.width]` int32.
    public func bilinearArgmax(firstRow: Int, sourceHeight: Int, size: Size2D, rows: Range<Int>) throws -> Tensor {
        try make("bilinear_argmax", self) {
            ct_bilinear_argmax(
                handle, Int64(firstRow), Int64(sourceHeight), Int64(size.height), Int64(size.width), Int64(rows.lowerBound),
                Int64(rows.upperBound), $0)
        }
    }

    /// Rows of a window's logits, and where the window lies in its view.
    public struct WindowLogits {
        let logits: Tensor
        let place: ct_window

        /// - Parameters:
        ///   - logits: `[r, w, k]` (classes last, contiguous): the rows from `firstRow` on of a map of `sourceHeight` rows
        ///   - y: the window's corner in the view
        ///   - size: the window's size in the view
        public init(_ logits: Tensor, firstRow: Int, sourceHeight: Int, y: Int, x: Int, size: Size2D) {
            self.logits = logits
            place = ct_window(
                y: Int64(y), x: Int64(x), height: Int64(size.height), width: Int64(size.width), first_row: Int64(firstRow),
                source_height: Int64(sourceHeight))
        }
    }

    /// The class of every pixel in `rows` of a result of `size`: windows are upsampled to their places in a view and averaged where they
    /// overlap, the part of the view that the image fills is resized. Neither is ever held as a whole. `[rows.count, size.width]` int32
    ///
    /// - Parameters:
    ///   - viewWidth: columns of the view, padding included
    ///   - imageSize: the part of the view, at its top left, that is no padding
    public static func windowArgmax(
        _ windows: [WindowLogits], viewWidth: Int, imageSize: Size2D, size: Size2D, rows: Range<Int>
    ) throws -> Tensor {
        let places = windows.map(\.place)
        let logits = windows.map(\.logits)
        return try withHandles(logits) { handles, count in
            try make("window_argmax", logits.first) {
                ct_window_argmax(
                    handles, places, count, Int64(viewWidth), Int64(imageSize.height), Int64(imageSize.width), Int64(size.height),
                    Int64(size.width), Int64(rows.lowerBound), Int64(rows.upperBound), $0)
            }
        }
    }

    /// The sum of the cross-entropies of logits `[n, k, h, w]`, enlarged bilinearly (align_corners false), with labels
    /// `[n, height, width]`; the enlarged logits are never held. On the CPU only.
    public func resizedCrossEntropy(_ labels: Tensor, weight: Tensor? = nil, ignoreIndex: Int) throws -> Tensor {
        try make("resized_cross_entropy", self, labels, weight) {
            ct_resized_cross_entropy(handle, labels.handle, weight?.handle, Int64(ignoreIndex), $0)
        }
    }

    /// The sum of the focal losses (`sigmoidFocal`) of logits `[n, k]`, where row i is of class `classes[i]`, or of none if that is not in
    /// `0 ..< k`. Loss and gradient come out of one pass, without tensors between. On the CPU only; a scalar.
    ///
    /// - Parameters:
    ///   - classes: `[n]` int64
    ///   - weight: of each row, `[n]`
    public func focalLoss(_ classes: Tensor, weight: Tensor? = nil, gamma: Double, alpha: Double) throws -> Tensor {
        try make("focal_loss", self, classes, weight) {
            ct_focal_loss(handle, classes.handle, weight?.handle, gamma, alpha, $0)
        }
    }
}
