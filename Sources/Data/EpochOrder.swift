/// The order in which an epoch visits a data set: a permutation that is a pure function of (seed, epoch, count).
public struct EpochOrder: Sendable {
    public let epoch: Int
    private let indices: [Int]

    /// Shuffled by Fisher and Yates.
    public init(seed: UInt64, epoch: Int, count: Int) {
        self.epoch = epoch
        var indices = Array(0..<count)
        var random = SampleRandom(seed: seed, epoch: epoch, index: 0, purpose: .order)
        for last in stride(from: count - 1, to: 0, by: -1) {
            indices.swapAt(last, random.integer(in: 0..<last + 1))
        }
        self.indices = indices
    }

    /// The sample visited at `position` of the epoch.
    public subscript(position: Int) -> Int { indices[position] }
}
