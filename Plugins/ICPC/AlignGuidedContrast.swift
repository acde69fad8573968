import DenseKitCore

/// Settings of the align-guided contrastive loss. (Eq. 6 and 7)
public struct ContrastiveSettings: YAMLConfiguration {
    /// P: points taken of every class in the batch, 1…65536; fewer where the class has fewer.
    public var points = 5
    /// Which points are taken: `easy_to_hard` begins with points that the score map classifies
    /// correctly and ends with others (Eq. 7); `random` takes any. (Table 5)
    public var sampling = PointSampling.easyToHard
    /// τ, 1e-6…1e6: similarities of points are divided by it. (Eq. 6)
    public var temperature = 0.1
    /// Whether points are scaled to length 1 before they are compared.
    public var normalize = true

    public init() {}

    /// - Throws: `SettingError` for numbers out of range.
    func validate() throws {
        try SettingError.check("contrastive.points", points, in: 1...65536)
        try SettingError.check("contrastive.temperature", temperature, in: 1e-6...1e6)
    }
}

/// Pulls together points of the coarsest score map that belong to one class and pushes the others
/// away; a point is the score vector of a position, over all classes. (Eq. 6 and 7)
///
/// Score map `[n, k, h, w]` and labels `[n, height, width]` → scalar, weight included.
struct AlignGuidedContrast {
    let settings: ContrastiveSettings
    let weight: Double

    init(_ settings: ContrastiveSettings, weight: Double) {
        self.settings = settings
        self.weight = weight
    }

    /// - Throws: `TargetError` without labels.
    func callAsFunction(_ scores: Tensor, _ targets: Targets, _ step: ForwardPass) throws -> Tensor
    {
        guard let labels = targets.labels else { throw TargetError.noLabels }
        let chosen = try withoutGrad {
            try PointCandidates(scores, labels, ignoreIndex: targets.ignoreIndex, step.randomSource)
                .chosen(settings, iteration: step.iteration, of: step.iterations)
        }
        try step.record([
            "selected": Tensor.from(chosen.map { Int64($0.place) }),
            "selected_class": Tensor.from(chosen.map { Int64($0.label) }),
        ])
        return try withoutAutocast { try value(scores.to(.float32), chosen) * weight }
    }

    /// The mean over all points that have another of their class; 0, with a gradient of 0, where
    /// there is none, or no other class.
    private func value(_ scores: Tensor, _ chosen: [PointCandidates.Point]) throws -> Tensor {
        let counts = Dictionary(grouping: chosen, by: \.label).mapValues(\.count)
        let anchors = chosen.count { counts[$0.label, default: 0] > 1 }
        guard anchors > 0, counts.count > 1 else { return try scores.sum() * 0 }
        let indices = try Tensor.from(
            [chosen.map { Int64($0.place) }, chosen.map { Int64($0.label) }], on: scores.device)
        let places = indices[0]
        // [p, k]
        let rows = try scores.permuted(0, 2, 3, 1).reshaped([-1, scores.size(1)]).indexed(0, places)
        let points = settings.normalize ? try rows.normalized(1) : rows
        // [p, p]
        let similar = try points.matmul(points.transposed(0, 1)) / settings.temperature

        let labels = indices[1]
        let isSameClass = try labels.unsqueezed(1).equals(labels.unsqueezed(0))
        let isSamePoint = try places.unsqueezed(1).equals(places.unsqueezed(0))
        // Every point counts the same, and within it every positive.
        let shares = chosen.map {
            1 / Float(anchors) / Float(max(1, counts[$0.label, default: 1] - 1))
        }
        let weights =
            try (isSameClass.to(.float32) - isSamePoint.to(.float32))
            * Tensor.from(shares, shape: [chosen.count, 1]).to(scores.device)
        // log Σ e^s over the points of other classes; the largest is taken out for safety, and
        // changes nothing.
        let others = try similar.masked(isSameClass, with: -.infinity)
        let largest = try others.amax(1, keep: true).detached()
        let negatives = try (others - largest).exp().sum(1, keep: true).log() + largest  // [p, 1]
        // -log(e^s / (e^s + e^negatives)) is the cross-entropy of s - negatives with 1.
        return try (similar - negatives).binaryCrossEntropyWithLogits(
            Tensor.ones(weights.shape, device: scores.device), weight: weights, reduction: .sum)
    }
}
