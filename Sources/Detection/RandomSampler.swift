import DenseKitVision

/// Samples the boxes of an image that enter the loss: a fixed number with a largest share of
/// positives. mmdetection 2.17's `RandomSampler`.
public struct RandomSampler: Sendable, Hashable {
    /// Boxes sampled in each image, 1…1000000; fewer where there are not enough candidates.
    public var count: Int
    /// The largest share of `count` that is positive, 0…1; negatives take the rest.
    public var positiveFraction: Double
    /// Whether the ground-truth boxes are added in front of the candidates, so that there are
    /// positives even when no proposal is near an instance.
    public var addsGroundTruth: Bool
    /// The largest number of negatives for each positive, where at least one positive is counted;
    /// nil for no limit.
    public var maxNegativesPerPositive: Double?

    /// A sampler; by default it adds the ground-truth boxes and does not limit the negatives
    /// further.
    ///
    /// - Throws: `SettingError` for a count outside 1…1000000, a fraction outside 0…1, or a limit
    ///   outside 0…1000000.
    public init(
        count: Int, positiveFraction: Double, addsGroundTruth: Bool = true,
        maxNegativesPerPositive: Double? = nil
    ) throws {
        try SettingError.check("the sampler's count", count, in: 1...1_000_000)
        try SettingError.check("the sampler's share of positives", positiveFraction, in: 0...1)
        if let bound = maxNegativesPerPositive {
            try SettingError.check(
                "the sampler's negatives for each positive", bound, in: 0...1_000_000)
        }
        self.count = count
        self.positiveFraction = positiveFraction
        self.addsGroundTruth = addsGroundTruth
        self.maxNegativesPerPositive = maxNegativesPerPositive
    }

    /// Samples positives and negatives at random, without gradient. The random numbers are named
    /// `purpose.positive` and `purpose.negative`; with `RandomSource.inOrder` the first candidates
    /// are chosen.
    ///
    /// - Parameters:
    ///   - assignment: of `boxes`, without the ground-truth boxes
    ///   - boxes: the candidates, `[n, 4]`
    ///   - groundTruth: the image's ground truth
    ///   - randomSource: the random numbers of the pass
    ///   - purpose: what the numbers are drawn for, such as `rpn`
    ///   - image: index of the image in the batch
    public func sample(
        _ assignment: BoxAssignment, boxes: Tensor, groundTruth: InstanceTargets,
        randomSource: RandomSource,
        purpose: String, image: Int
    ) throws -> BoxSample {
        try withoutGrad {
            var indices = assignment.indices
            var boxes = boxes
            let groundTruths = groundTruth.boxes.size(0)
            if addsGroundTruth, groundTruths > 0 {
                let own = try Tensor.arange(1, to: Double(groundTruths) + 1, device: indices.device)
                indices = try Tensor.cat([own, indices], dim: 0)
                boxes = try Tensor.cat([groundTruth.boxes, boxes], dim: 0)
            }
            func chosen(_ candidates: Tensor, _ count: Int, _ kind: String) throws -> [Int64] {
                try randomSource.choose(
                    count, of: candidates.size(0), "\(purpose).\(kind)", image: image
                ).map(Int64.init)
            }
            let objects = try indices.isGreater(than: 0).nonzero().selected(1, 0)
            let background = try indices.equals(0).nonzero().selected(1, 0)
            let ofObjects = try chosen(objects, Int(Double(count) * positiveFraction), "positive")
            var negativeCount = count - ofObjects.count
            if let bound = maxNegativesPerPositive {
                negativeCount = min(negativeCount, Int(bound * Double(max(ofObjects.count, 1))))
            }
            let ofBackground = try chosen(background, negativeCount, "negative")
            let places = try Tensor.from([ofObjects, ofBackground], on: indices.device)
            let positives = try objects.indexed(0, places[0])
            let negatives = try background.indexed(0, places[1])
            let groundTruthIndices = try indices.indexed(0, positives) - indices.whole(1)
            return BoxSample(
                boxes: boxes, positives: positives, negatives: negatives,
                groundTruthIndices: groundTruthIndices
            )
        }
    }
}

/// The boxes of an image that were sampled for the loss.
public struct BoxSample {
    /// All candidates, behind the ground-truth boxes where they were added. `[n, 4]`
    public var boxes: Tensor
    /// Rows of `boxes` that were sampled as positives, ascending. `[p]` int64
    public var positives: Tensor
    /// Rows of `boxes` that were sampled as background, ascending. `[q]` int64
    public var negatives: Tensor
    /// The instance, from 0, that each positive is assigned to. `[p]` int64
    public var groundTruthIndices: Tensor

    /// The boxes sampled as positives. `[p, 4]`
    public func positiveBoxes() throws -> Tensor { try boxes.indexed(0, positives) }

    /// The boxes sampled as background. `[q, 4]`
    public func negativeBoxes() throws -> Tensor { try boxes.indexed(0, negatives) }

    /// The positives, then the negatives: the input of a box head. `[p + q, 4]`
    public func sampledBoxes() throws -> Tensor {
        try Tensor.cat([positiveBoxes(), negativeBoxes()], dim: 0)
    }
}
