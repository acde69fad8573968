import DenseKitVision

/// Training targets of a mask branch: the part of the instance's mask that lies in each proposal,
/// resized to a grid. mmdetection's `mask_target`.
public struct MaskTargets: Sendable, Hashable {
    /// Height and width of the grid, in cells.
    public var size: Size2D

    /// A grid of `size`, 28×28 by default.
    ///
    /// - Throws: `SettingError` for a side outside 1…1000.
    public init(size: Size2D = 28) throws {
        try SettingError.check("the height of a mask's grid", size.height, in: 1...1000)
        try SettingError.check("the width of a mask's grid", size.width, in: 1...1000)
        self.size = size
    }

    /// 1 where the instance fills at least half of a cell, 0 elsewhere.
    /// `[p, size.height, size.width]` float32
    ///
    /// - Parameters:
    ///   - masks: of all instances of an image, `[g, h, w]` uint8
    ///   - boxes: the positive proposals, `[p, 4]`; they are clipped to the masks
    ///   - groundTruthIndices: the instance that each proposal is assigned to, `[p]` int64
    public func callAsFunction(_ masks: Tensor, boxes: Tensor, groundTruthIndices: Tensor) throws
        -> Tensor
    {
        try shares(masks, boxes: boxes, groundTruthIndices: groundTruthIndices).isAtLeast(0.5).to(
            .float32)
    }

    /// The share of each cell that the instance fills, 0…1, by RoIAlign.
    /// `[p, size.height, size.width]` float32
    ///
    /// The masks are converted one at a time, so that only one is held in floating point.
    ///
    /// - Parameters:
    ///   - masks: of all instances of an image, `[g, h, w]` uint8
    ///   - boxes: the positive proposals, `[p, 4]`; they are clipped to the masks
    ///   - groundTruthIndices: the instance that each proposal is assigned to, `[p]` int64
    public func shares(_ masks: Tensor, boxes: Tensor, groundTruthIndices: Tensor) throws -> Tensor
    {
        try withoutGrad {
            let inside = try Boxes.clipped(
                boxes, to: Size2D(height: masks.size(1), width: masks.size(2)))
            // Fetched together, as regions whose image is the instance: RoIAlign reads its regions
            // on the CPU. Instances are far fewer than the 2^24 that float32 counts.
            let owned = try Tensor.cat(
                [groundTruthIndices.to(inside.dtype).unsqueezed(1), inside], dim: 1
            ).to(.cpu)
            let groundTruths = try owned.selected(1, 0).integers()
            let regions = try Boxes.regions([owned.narrowed(1, 1, 4)])
            guard !groundTruths.isEmpty else {
                return try Tensor.zeros([0, size.height, size.width], device: boxes.device)
            }
            return try inOrder(of: groundTruths, among: Set(groundTruths).sorted()) {
                groundTruth, rows in
                // [1, 1, h, w]
                try masks.narrowed(0, Int(groundTruth), 1).to(.float32).unsqueezed(1)
                    .roiAligned(
                        regions.indexed(0, rows.to(.cpu)), size: size, scale: 1,
                        samplingRatio: 0, aligned: true
                    ).squeezed(1)
            }
        }
    }
}
