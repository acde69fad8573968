import DenseKitVision

/// Chooses which boxes of an image are learnt: so many, of which a share at most is positive. mmdetection 2.17's `RandomSampler`.
public struct RandomSampler: Sendable, Hashable {
    public var count: Int
    public var positiveFraction: Double
    /// Whether the truth's own boxes join the candidates, before them: so that there is something to learn when no proposal is near.
    public var addsTruth: Bool
    /// Negatives for each positive (at least one positive counted) at most; nil for no such bound.
    public var maxNegativesPerPositive: Double?

    /// Throws `SettingError` for a count outside 1…1000000, a fraction outside 0…1, or a bound below 0.
    public init(
        count: Int, positiveFraction: Double, addsTruth: Bool = true, maxNegativesPerPositive: Double? = nil
    ) throws {
        try SettingError.check("the sampler's count", count, in: 1...1_000_000)
        try SettingError.check("the sampler's share of positives", positiveFraction, in: 0...1)
        if let bound = maxNegativesPerPositive {
            try SettingError.check("the sampler's negatives for each positive", bound, in: 0...1_000_000)
        }
        (self.count, self.positiveFraction, self.addsTruth) = (count, positiveFraction, addsTruth)
        self.maxNegativesPerPositive = maxNegativesPerPositive
    }

    /// Draws are made for `purpose.positive` and `purpose.negative`. With `RandomSource.inOrder` the first candidates are chosen.
    ///
    /// - Parameters:
    ///   - assignment: of `boxes`, the truth's own not among them
    ///   - boxes: `[n, 4]`
    ///   - image: the image's place in the batch
    public func sample(
        _ assignment: Assignment, boxes: Tensor, truth: InstanceTargets, draws: RandomSource, purpose: String, image: Int
    ) throws -> BoxSample {
        try withoutGrad {
            var (indices, boxes) = (assignment.indices, boxes)
            let truths = truth.boxes.size(0)
            if addsTruth, truths > 0 {
                let own = try Tensor.arange(1, to: Double(truths) + 1, device: indices.device)
                indices = try Tensor.cat([own, indices], dim: 0)
                boxes = try Tensor.cat([truth.boxes, boxes], dim: 0)
            }
            func chosen(_ isCandidate: Tensor, _ count: Int, _ kind: String) throws -> Tensor {
                let candidates = try isCandidate.nonzero().selected(1, 0)
                let places = try draws.choose(count, of: candidates.size(0), "\(purpose).\(kind)", image: image)
                return try candidates.indexed(0, Tensor.from(places.map(Int64.init)).to(candidates.device))
            }
            let positives = try chosen(indices.isGreater(than: 0), Int(Double(count) * positiveFraction), "positive")
            var negativeCount = count - positives.size(0)
            if let bound = maxNegativesPerPositive {
                negativeCount = min(negativeCount, Int(bound * Double(max(positives.size(0), 1))))
            }
            let negatives = try chosen(indices.equals(0), negativeCount, "negative")
            let truthIndices = try indices.indexed(0, positives) - indices.whole(1)
            return BoxSample(boxes: boxes, positives: positives, negatives: negatives, truthIndices: truthIndices)
        }
    }
}

/// The boxes of an image that are learnt.
public struct BoxSample {
    /// All candidates, the truth's own first where they were added. `[n, 4]`
    public var boxes: Tensor
    /// Which of them are positive, ascending. `[p]` int64
    public var positives: Tensor
    /// Which of them are background, ascending. `[q]` int64
    public var negatives: Tensor
    /// The truth that each positive is to learn, from 0. `[p]` int64
    public var truthIndices: Tensor

    /// `[p, 4]`
    public func positiveBoxes() throws -> Tensor { try boxes.indexed(0, positives) }

    /// `[q, 4]`
    public func negativeBoxes() throws -> Tensor { try boxes.indexed(0, negatives) }

    /// The positives, then the negatives: what a box head is shown. `[p + q, 4]`
    public func sampledBoxes() throws -> Tensor { try Tensor.cat([positiveBoxes(), negativeBoxes()], dim: 0) }
}
