import CDenseKitTorch

extension Tensor {
    /// The square windows of a map, row by row: `[n, h, w, c] → [n · rows · columns, size², c]`.
    /// (Liu et al. 2021, section 3.2)
    ///
    /// The map is padded with zeros at its right and bottom to whole windows, then rolled: the
    /// window at the top left begins at row and column `shift`, and those at the right and bottom
    /// wrap around to the first rows and columns.
    public func windows(_ size: Int, shift: Int = 0) throws -> Tensor {
        try make("windows", self) { ct_windows(handle, Int64(size), Int64(shift), $0) }
    }

    /// The map of `mapSize` that `windows(_:shift:)` with equal arguments was made of:
    /// `[n · rows · columns, size², c] → [n, h, w, c]`.
    public func joinedWindows(_ size: Int, shift: Int = 0, mapSize: Size2D) throws -> Tensor {
        try make("joined_windows", self) {
            ct_joined_windows(
                handle, Int64(size), Int64(shift), Int64(mapSize.height), Int64(mapSize.width), $0)
        }
    }
}
