import CDenseKitTorch

extension Tensor {
    /// The square windows of a map, row by row: `[n, h, w, c] → [n · rows · columns, size², c]`.
    ///
    /// The map is padded with zeros at its right and bottom to whole windows, and then rolled: the window at the top left begins at
    /// row and column `shift`, and those at the right and bottom end in what stood before. (Liu et al. 2021, section 3.2)
    public func windows(_ size: Int, shift: Int = 0) throws -> Tensor {
        try make("windows", self) { ct_windows(handle, Int64(size), Int64(shift), $0) }
    }

    /// The map of `mapSize` that `windows(_:shift:)` of the same numbers was made of: `[n · rows · columns, size², c] → [n, h, w, c]`.
    public func joinedWindows(_ size: Int, shift: Int = 0, mapSize: Size2D) throws -> Tensor {
        try make("joined_windows", self) {
            ct_joined_windows(handle, Int64(size), Int64(shift), Int64(mapSize.height), Int64(mapSize.width), $0)
        }
    }
}
