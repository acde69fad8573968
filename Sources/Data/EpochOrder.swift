import DenseKitConfiguration
import DenseKitVision

/// The order in which an epoch visits a data set: a permutation that depends only on seed, epoch
/// and count, and on the groups where there are any.
public struct EpochOrder: Sendable {
    /// The epoch, from 0.
    public let epoch: Int
    private let indices: [Int]

    /// A permutation of `0 ..< count` by the Fisher–Yates shuffle.
    public init(seed: UInt64, epoch: Int, count: Int) {
        self.epoch = epoch
        var indices = Array(0..<count)
        var random = SampleRandom(seed: seed, epoch: epoch, index: 0, purpose: .order)
        for last in stride(from: count - 1, to: 0, by: -1) {
            indices.swapAt(last, random.integer(in: 0..<last + 1))
        }
        self.indices = indices
    }

    /// Shuffled within each orientation and cut into runs of `groups.run`, which are shuffled in
    /// turn: mmdetection's `GroupSampler`.
    ///
    /// Where the last run of an orientation is short, the first samples of its order fill it up.
    init(seed: UInt64, epoch: Int, groups: OrientationGroups) {
        self.epoch = epoch
        var random = SampleRandom(seed: seed, epoch: epoch, index: 0, purpose: .order)
        func shuffle<Element>(_ elements: inout [Element]) {
            for last in stride(from: elements.count - 1, to: 0, by: -1) {
                elements.swapAt(last, random.integer(in: 0..<last + 1))
            }
        }
        var runs: [[Int]] = []
        for var members in groups.members where !members.isEmpty {
            shuffle(&members)
            for start in stride(from: 0, to: members.count, by: groups.run) {
                runs.append((start..<start + groups.run).map { members[$0 % members.count] })
            }
        }
        shuffle(&runs)
        indices = runs.flatMap { $0 }
    }

    /// The index of the sample visited at `position` of the epoch.
    public subscript(position: Int) -> Int { indices[position] }
}

/// Landscape and portrait images apart, so that those that are batched together need little
/// padding.
struct OrientationGroups: Sendable {
    /// The samples of each orientation: images that are wider than high, and the others.
    let members: [[Int]]
    /// As many samples in a row have the same orientation.
    let run: Int

    /// - Throws: `SettingError` for a data set that does not know the sizes of its images.
    init(_ dataset: any Dataset, run: Int) throws {
        self.run = run
        var (landscape, portrait): ([Int], [Int]) = ([], [])
        for index in 0..<dataset.count {
            guard let size = dataset.size(at: index) else {
                throw SettingError(
                    "data", "aspect_ratio_grouping",
                    "this data set does not know the sizes of its images; leave the setting out")
            }
            if size.width > size.height { landscape.append(index) } else { portrait.append(index) }
        }
        members = [landscape, portrait]
    }

    /// Samples of an epoch: every one once, and a few twice where runs have to be filled.
    var epochLength: Int { members.reduce(0) { $0 + ($1.count + run - 1) / run * run } }
}
