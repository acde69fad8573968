import CTorch

extension Tensor {
    /// The class of every pixel in `rows` of the bilinear enlargement of a map of logits, without ever holding the enlarged map.
    ///
    /// - Parameters:
    ///   - firstRow: this tensor `[r, w, k]` (classes last, contiguous) holds the rows from `firstRow` on …
    ///   - sourceHeight: … of a map of `sourceHeight` rows, which
    ///   - size: is enlarged to `size`.
    /// - Returns: class indices `[rows.count, size.width]` int32.
    public func bilinearArgmax(firstRow: Int, sourceHeight: Int, size: Pair, rows: Range<Int>) throws -> Tensor {
        try make("bilinear_argmax", self) {
            ct_bilinear_argmax(
                handle, Int64(firstRow), Int64(sourceHeight), Int64(size.height), Int64(size.width), Int64(rows.lowerBound),
                Int64(rows.upperBound), $0)
        }
    }
}
