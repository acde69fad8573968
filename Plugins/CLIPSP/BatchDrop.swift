import DenseKitCore
import Foundation

/// In training, images are masked with probability r(t) = max(end, start · decayᵗ) in iteration t:
/// a masked image takes its true labels in place of the most probable ones. (section 3.5)
public struct BatchDrop: YAMLConfiguration {
    /// Probability that an image is masked in iteration 0: 0…1.
    public var start = 0.9
    /// The least probability, 0…1, however late the iteration.
    public var end = 0.1
    /// Factor of the probability for each iteration: 0…1.
    public var decay = 0.9999

    public init() {}

    /// - Throws: `SettingError` for numbers outside of 0…1.
    func validate() throws {
        try SettingError.check("batch_drop.start", start, in: 0...1)
        try SettingError.check("batch_drop.end", end, in: 0...1)
        try SettingError.check("batch_drop.decay", decay, in: 0...1)
    }

    /// r(t) = max(end, start · decayᵗ)
    func ratio(at iteration: Int) -> Double { max(end, start * pow(decay, Double(iteration))) }

    /// Names of the random numbers: one for each image, and one for each class of a masked image
    /// with more than k labels.
    static let images = "batch_drop.images"
    static let labels = "batch_drop.labels"

    /// The k labels of every image, most probable first.
    func callAsFunction(
        _ probabilities: ImageProbabilities, _ present: LabelSets, k: Int, _ step: ForwardPass
    ) throws -> [[Int]] {
        let ratio = ratio(at: step.iteration)
        return try zip(probabilities.images, present.images).enumerated().map { place, image in
            let (image, present) = image
            guard try isMasked(place, ratio, step.randomSource) else {
                return Array(image.ranking.prefix(k))
            }
            let own = try sample(
                present.indices.filter { present[$0] }, k, place, of: present.count,
                step.randomSource)
            let others = image.ranking.filter { !own.contains($0) }
            let chosen = own.union(others.prefix(k - own.count))
            return image.ranking.filter(chosen.contains)
        }
    }

    /// Whether an image takes its true labels: its random number is below the ratio.
    func isMasked(_ image: Int, _ ratio: Double, _ draws: RandomSource) throws -> Bool {
        try draws.uniform(Self.images, image: image, count: 1)[0] < ratio
    }

    /// At most k of the labels that are present: those with the largest random numbers, one for
    /// each class.
    private func sample(
        _ labels: [Int], _ k: Int, _ image: Int, of classes: Int, _ draws: RandomSource
    ) throws -> Set<Int> {
        guard labels.count > k else { return Set(labels) }
        let draws = try draws.uniform(Self.labels, image: image, count: classes)
        return Set(labels.sorted { (-draws[$0], $0) < (-draws[$1], $1) }.prefix(k))
    }
}
