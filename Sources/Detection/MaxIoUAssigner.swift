import DenseKitVision

/// Assigns boxes to the instances of the ground truth by overlap. mmdetection 2.17's
/// `MaxIoUAssigner`.
///
/// 1. A box whose best IoU lies in `negative` is background.
/// 2. A box whose best IoU is `positive` or more is assigned to that instance.
/// 3. With `matchesLowQuality`, each instance also gets the boxes that overlap it most, if their
///    IoU is `minPositive` or more; where several instances claim one box, the last one gets it.
///
/// All other boxes are ignored.
public struct MaxIoUAssigner: Sendable, Hashable {
    /// IoU from which a box is assigned to the instance that it overlaps most, 0…1.
    public var positive: Double
    /// Range of the best IoU in which a box is background, within 0…1.
    public var negative: Range<Double>
    /// IoU from which an instance gets the boxes that overlap it most, 0…1. Used with
    /// `matchesLowQuality`.
    public var minPositive: Double
    /// Whether each instance also gets the boxes that overlap it most, even below `positive`.
    public var matchesLowQuality: Bool
    /// Whether an instance gets all boxes that share its best IoU, or only the first of them. Used
    /// with `matchesLowQuality`.
    public var assignsAllBest: Bool
    /// A box is ignored where more than this share of overlap, 0…1, falls on an ignored region;
    /// nil: ignored regions have no effect.
    public var ignoreThreshold: Double?
    /// What the overlap with an ignored region is divided by: the area of the box (true) or of the
    /// region (false).
    public var ignoresByBoxes: Bool

    /// An assigner with a range of IoUs for the background.
    ///
    /// - Throws: `SettingError` for a threshold outside 0…1.
    public init(
        positive: Double, negative: Range<Double>, minPositive: Double = 0,
        matchesLowQuality: Bool = true,
        assignsAllBest: Bool = true, ignoreThreshold: Double? = nil, ignoresByBoxes: Bool = true
    ) throws {
        try SettingError.check("the assigner's IoU of positives", positive, in: 0...1)
        try SettingError.check(
            "the assigner's lowest IoU of negatives", negative.lowerBound, in: 0...1)
        try SettingError.check(
            "the assigner's highest IoU of negatives", negative.upperBound, in: 0...1)
        try SettingError.check("the assigner's smallest IoU of a best box", minPositive, in: 0...1)
        if let ignoreThreshold {
            try SettingError.check(
                "the assigner's share of ignored regions", ignoreThreshold, in: 0...1)
        }
        self.positive = positive
        self.negative = negative
        self.minPositive = minPositive
        self.matchesLowQuality = matchesLowQuality
        self.assignsAllBest = assignsAllBest
        self.ignoreThreshold = ignoreThreshold
        self.ignoresByBoxes = ignoresByBoxes
    }

    /// An assigner for which every best IoU below `negative` is background.
    ///
    /// - Throws: `SettingError` for a threshold outside 0…1.
    public init(
        positive: Double, negative: Double, minPositive: Double = 0, matchesLowQuality: Bool = true,
        assignsAllBest: Bool = true,
        ignoreThreshold: Double? = nil, ignoresByBoxes: Bool = true
    ) throws {
        try SettingError.check("the assigner's highest IoU of negatives", negative, in: 0...1)
        try self.init(
            positive: positive, negative: 0..<negative, minPositive: minPositive,
            matchesLowQuality: matchesLowQuality,
            assignsAllBest: assignsAllBest, ignoreThreshold: ignoreThreshold,
            ignoresByBoxes: ignoresByBoxes)
    }

    /// Assigns `boxes` `[n, 4]` to the instances of an image. Without instances every box is
    /// background; a box with a coordinate that is not a number is ignored.
    public func assign(_ boxes: Tensor, to groundTruth: InstanceTargets) throws -> BoxAssignment {
        try withoutGrad {
            let count = boxes.size(0)
            let groundTruths = groundTruth.boxes.size(0)
            guard count > 0, groundTruths > 0 else {
                return try BoxAssignment(
                    indices: Tensor.zeros([count], dtype: .int64, device: boxes.device),
                    overlaps: Tensor.zeros([count], device: boxes.device))
            }
            // [g, n]
            let overlaps = try maskIgnored(
                Boxes.iou(groundTruth.boxes, boxes), boxes, groundTruth.ignoredBoxes)
            let best = try overlaps.max(0)
            var indices = try Tensor.full([count], -1, dtype: .int64, device: boxes.device)
            let isNegative = try best.values.isAtLeast(negative.lowerBound).and(
                best.values.isLess(than: negative.upperBound))
            indices = try indices.masked(isNegative, with: 0)
            indices = try Tensor.where(
                best.values.isAtLeast(positive), best.indices + indices.whole(1), indices)
            if matchesLowQuality { indices = try addingBest(to: indices, overlaps) }
            return BoxAssignment(indices: indices, overlaps: best.values)
        }
    }

    /// Assigns each instance the boxes that overlap it most. overlaps `[g, n]`, indices `[n]`
    private func addingBest(to indices: Tensor, _ overlaps: Tensor) throws -> Tensor {
        let groundTruths = overlaps.size(0)
        let count = overlaps.size(1)
        let best = try overlaps.max(1, keep: true)  // [g, 1]
        let asked =
            try assignsAllBest
            ? overlaps.equals(best.values)
            : Tensor.arange(to: Double(count), device: overlaps.device).equals(best.indices)
        let numbers = try Tensor.arange(
            1, to: Double(groundTruths) + 1, dtype: .int32, device: overlaps.device
        ).reshaped([groundTruths, 1])
        let last = try asked.and(best.values.isAtLeast(minPositive)).to(.int32) * numbers
        let claimed = try last.amax(0).to(.int64)  // [n]
        return try Tensor.where(claimed.isGreater(than: 0), claimed, indices)
    }

    /// -1 instead of the overlaps of boxes in ignored regions.
    private func maskIgnored(_ overlaps: Tensor, _ boxes: Tensor, _ regions: Tensor) throws
        -> Tensor
    {
        guard let ignoreThreshold, regions.size(0) > 0 else { return overlaps }
        // [n]
        let shares =
            try ignoresByBoxes
            ? Boxes.iof(boxes, regions).amax(1) : Boxes.iof(regions, boxes).amax(0)
        return try overlaps.masked(shares.isGreater(than: ignoreThreshold), with: -1)
    }
}

/// The instance that each of n boxes is assigned to.
public struct BoxAssignment {
    /// -1 ignored, 0 background, i + 1 for instance i. `[n]` int64
    public var indices: Tensor
    /// Best IoU of each box with any instance; -1 in ignored regions, 0 where there is no instance.
    /// `[n]`
    public var overlaps: Tensor

    /// An assignment by index and best IoU, `[n]` both.
    public init(indices: Tensor, overlaps: Tensor) {
        self.indices = indices
        self.overlaps = overlaps
    }

    /// Index of the instance that each box is assigned to, from 0; 0 also where there is none.
    /// `[n]` int64
    func groundTruths() throws -> Tensor {
        try (indices - indices.whole(1)).maximum(indices.whole(0))
    }

    /// Class of the instance that each box is assigned to, -1 where there is none. `[n]` int64
    public func labels(of groundTruth: InstanceTargets) throws -> Tensor {
        guard groundTruth.labels.size(0) > 0 else {
            return try Tensor.full(indices.shape, -1, dtype: .int64, device: indices.device)
        }
        let labels = try groundTruth.labels.indexed(0, groundTruths())
        return try labels.masked(indices.isAtMost(0), with: -1)
    }
}
