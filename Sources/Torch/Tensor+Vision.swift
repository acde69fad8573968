import CDenseKitTorch

extension Tensor {
    /// Class index of every pixel in `rows` of a map of logits upsampled bilinearly to `size`; the
    /// upsampled logits are never held. `[rows.count, size.width]` int32
    ///
    /// - Parameters:
    ///   - firstRow: the row of the whole map with which this tensor `[r, w, k]` (classes last,
    ///     contiguous) begins
    ///   - sourceHeight: number of rows of the whole map
    ///   - size: to which the whole map is upsampled
    ///   - rows: of the upsampled map
    public func bilinearArgmax(firstRow: Int, sourceHeight: Int, size: Size2D, rows: Range<Int>)
        throws -> Tensor
    {
        try make("bilinear_argmax", self) {
            ct_bilinear_argmax(
                handle, Int64(firstRow), Int64(sourceHeight), Int64(size.height), Int64(size.width),
                Int64(rows.lowerBound),
                Int64(rows.upperBound), $0)
        }
    }

    /// Rows of a window's logits, and the place of the window in its view (the resized, padded
    /// image).
    public struct WindowLogits {
        let logits: Tensor
        let place: ct_window

        /// The logits of one window of sliding-window inference.
        ///
        /// - Parameters:
        ///   - logits: `[r, w, k]` (classes last, contiguous): the rows from `firstRow` on of a map
        ///     of `sourceHeight` rows
        ///   - firstRow: the row of the map that `logits` begins with
        ///   - sourceHeight: rows of the whole map
        ///   - y: first row of the window in the view
        ///   - x: first column of the window in the view
        ///   - size: of the window in the view, in pixels
        public init(
            _ logits: Tensor, firstRow: Int, sourceHeight: Int, y: Int, x: Int, size: Size2D
        ) {
            self.logits = logits
            place = ct_window(
                y: Int64(y), x: Int64(x), height: Int64(size.height), width: Int64(size.width),
                first_row: Int64(firstRow),
                source_height: Int64(sourceHeight))
        }
    }

    /// Class index of every pixel in `rows` of a result of `size`. `[rows.count, size.width]` int32
    ///
    /// The logits of the windows are upsampled to their places in a view and averaged where they
    /// overlap; then the part of the view that the image fills is resized to `size`. Neither is
    /// ever held as a whole.
    ///
    /// - Parameters:
    ///   - windows: whose logits reach these rows
    ///   - viewWidth: columns of the view, padding included
    ///   - imageSize: the part of the view, at its top left, that is no padding
    ///   - size: of the result, in pixels
    ///   - rows: of the result
    public static func windowArgmax(
        _ windows: [WindowLogits], viewWidth: Int, imageSize: Size2D, size: Size2D, rows: Range<Int>
    ) throws -> Tensor {
        let places = windows.map(\.place)
        let logits = windows.map(\.logits)
        return try withHandles(logits) { handles, count in
            try make("window_argmax", logits.first) {
                ct_window_argmax(
                    handles, places, count, Int64(viewWidth), Int64(imageSize.height),
                    Int64(imageSize.width), Int64(size.height),
                    Int64(size.width), Int64(rows.lowerBound), Int64(rows.upperBound), $0)
            }
        }
    }

    /// Sum of the cross-entropies of logits `[n, k, h, w]`, upsampled bilinearly (align_corners
    /// false) to the size of `labels`; the upsampled logits are never held. A scalar; on the CPU
    /// only.
    ///
    /// - Parameters:
    ///   - labels: class indices, `[n, height, width]` int64
    ///   - weight: of each class, `[k]`; nil for 1
    ///   - ignoreIndex: class index of pixels that do not count
    /// - Throws: `TorchError` for a label that is neither a class nor `ignoreIndex`, with its
    ///   position.
    public func resizedCrossEntropy(_ labels: Tensor, weight: Tensor? = nil, ignoreIndex: Int)
        throws -> Tensor
    {
        try make("resized_cross_entropy", self, labels, weight) {
            ct_resized_cross_entropy(handle, labels.handle, weight?.handle, Int64(ignoreIndex), $0)
        }
    }

    /// Sum of the focal losses (`sigmoidFocal`) of logits `[n, k]`. Loss and gradient are computed
    /// in one pass, without tensors between. A scalar; on the CPU only.
    ///
    /// - Parameters:
    ///   - classes: class of each row, `[n]` int64; a number outside `0 ..< k` for background
    ///   - weight: of each row, `[n]`; nil for 1
    ///   - gamma: 0 or more: how far the loss of confident elements is reduced
    ///   - alpha: 0…1, the weight of the labelled class; the others have 1 − `alpha`
    public func focalLoss(_ classes: Tensor, weight: Tensor? = nil, gamma: Double, alpha: Double)
        throws -> Tensor
    {
        try make("focal_loss", self, classes, weight) {
            ct_focal_loss(handle, classes.handle, weight?.handle, gamma, alpha, $0)
        }
    }
}
