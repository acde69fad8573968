import DenseKitVision

/// What a mask branch is to learn: each proposal's part of its truth's mask, on a grid of `size`. mmdetection's `mask_target`.
public struct MaskTargets: Sendable, Hashable {
    public var size: Size2D

    /// Throws `SettingError` for sizes outside 1…1000.
    public init(size: Size2D = 28) throws {
        try SettingError.check("the height of a mask's grid", size.height, in: 1...1000)
        try SettingError.check("the width of a mask's grid", size.width, in: 1...1000)
        self.size = size
    }

    /// 1 where half or more of a cell is the thing, 0 elsewhere. `[p, size.height, size.width]` float32
    ///
    /// - Parameters:
    ///   - masks: of all truths of an image, `[g, h, w]` uint8
    ///   - boxes: the positive proposals, `[p, 4]`; they are cut off at the masks' borders
    ///   - truthIndices: the truth of each, `[p]` int64
    public func callAsFunction(_ masks: Tensor, boxes: Tensor, truthIndices: Tensor) throws -> Tensor {
        try shares(masks, boxes: boxes, truthIndices: truthIndices).isAtLeast(0.5).to(.float32)
    }

    /// The share of each cell that is the thing, by RoIAlign (aligned, as many samples as pixels). One truth's mask after the other, so that
    /// no more than one is held as floating-point numbers.
    public func shares(_ masks: Tensor, boxes: Tensor, truthIndices: Tensor) throws -> Tensor {
        try withoutGrad {
            let inside = try Boxes.clipped(boxes, to: Size2D(height: masks.size(1), width: masks.size(2)))
            let regions = try Boxes.regions([inside])
            let truths = try truthIndices.integers()
            guard !truths.isEmpty else { return try Tensor.zeros([0, size.height, size.width], device: boxes.device) }
            return try inOrder(of: truths, among: Set(truths).sorted()) { truth, rows in
                try masks.narrowed(0, Int(truth), 1).to(.float32).unsqueezed(1)  // [1, 1, h, w]
                    .roiAligned(
                        regions.indexed(0, rows.to(regions.device)), size: size, scale: 1, samplingRatio: 0, aligned: true
                    ).squeezed(1)
            }
        }
    }
}
