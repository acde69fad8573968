import DenseKitComponents
import DenseKitVision

/// Samples of one size, ready for the network.
///
/// Pictures with things in them may differ in size: they are padded to the largest height and width, on the right and below. All
/// others must come out of the pipeline equal in size.
public struct Batch: Sendable {
    /// What is known of one sample of the batch.
    public struct Item: Sendable, Equatable {
        public let name: String
        /// Which sample of the data set it is, and in which pass.
        public let index: Int
        public let epoch: Int
        public let originalSize: Size2D
        public let isFlipped: Bool
    }

    public let height: Int
    public let width: Int
    /// `[n, h, w, 3]`: channels-last memory of a tensor `[n, 3, h, w]`.
    public let pixels: [Float]
    /// `[n, h, w]` classes, `LabelMap.ignore` (65535) where there is none. Nil if a sample has no labels, or if they were kept aside.
    public let labels: [Int64]?
    /// The labels at the data set's own size, where the loader was asked to keep them.
    public let originalLabels: [LabelMap?]
    /// The things in every picture, crowds among them, in pixels of the batch. Nil if the data set knows none one by one.
    public let instances: [[Instance]]?
    /// The masks of the things that are no crowds, `[g, h, w]` for every picture: 1 inside, 0 elsewhere. Nil where nobody wants them.
    public let masks: [[UInt8]]?
    /// The targets of kinds of their own of every image, moved with it; where the loader keeps original labels, as the data set has them.
    public let sampleTargets: [[any SampleTarget]]
    /// How every picture came from its file.
    public let geometries: [ImageGeometry]
    public let items: [Item]
    /// The samples in whose place others went, because a file of theirs cannot be read.
    public let skipped: [Skipped]
    /// How long the consumer waited for it, in seconds.
    public internal(set) var dataTime = 0.0

    /// A sample that cannot be read, where these are skipped.
    public struct Skipped: Sendable, Equatable {
        /// Which sample of the data set it is.
        public let index: Int
        /// Why, with the file.
        public let reason: String
    }

    public var count: Int { items.count }
    public var names: [String] { items.map(\.name) }

    /// A sample as a worker leaves it.
    struct Part: Sendable {
        var sample: DataSample
        let index: Int
        let epoch: Int
        let originalLabels: LabelMap?
        var originalTargets: [any SampleTarget] = []
        /// Those that were tried before it.
        var skipped: [Skipped] = []
    }

    /// - Throws: `DataError` naming the first sample that has another size than those before, where sizes must not differ, and what
    ///   `DataSample.masks()` throws.
    init(_ parts: [Part], keepsOriginalLabels: Bool) throws {
        let hasInstances = !parts.isEmpty && parts.allSatisfy { $0.sample.instances != nil }
        geometries = parts.map(\.sample.geometry)
        skipped = parts.flatMap(\.skipped)
        let (parts, size) = hasInstances ? Batch.padded(parts) : (parts, try Batch.commonSize(parts))
        height = size.height
        width = size.width
        instances = hasInstances ? parts.map { $0.sample.instances ?? [] } : nil
        let hasMasks = hasInstances && !keepsOriginalLabels && parts.allSatisfy(\.sample.wantsMasks)
        masks = hasMasks ? try parts.map { try $0.sample.masks() } : nil
        items = parts.map { part in
            Item(
                name: part.sample.name, index: part.index, epoch: part.epoch, originalSize: part.sample.originalSize,
                isFlipped: part.sample.isFlipped)
        }
        pixels = Batch.stacked(parts, size)
        labels = keepsOriginalLabels ? nil : Batch.stackedLabels(parts, size)
        originalLabels = keepsOriginalLabels ? parts.map(\.originalLabels) : []
        sampleTargets = parts.map { keepsOriginalLabels ? $0.originalTargets : $0.sample.targets }
    }

    private static func commonSize(_ parts: [Part]) throws -> Size2D {
        let size = parts.first?.sample.size ?? Size2D(height: 0, width: 0)
        for part in parts where part.sample.size != size {
            throw DataError(
                part.sample.name,
                "is \(part.sample.size) after all transforms, \(parts[0].sample.name) in the same batch is \(size)",
                remedy: "add RandomCrop and Pad to the pipeline, or take batches of one")
        }
        return size
    }

    /// The parts at the largest height and width of all.
    private static func padded(_ parts: [Part]) -> ([Part], Size2D) {
        let size = parts.reduce(Size2D(height: 0, width: 0)) { $0.union($1.sample.size) }
        return (
            parts.map { part in
                var part = part
                if part.sample.size != size { part.sample.pad(to: size) }
                return part
            }, size
        )
    }

    private static func stacked(_ parts: [Part], _ size: Size2D) -> [Float] {
        let one = size.height * size.width * 3
        return [Float](unsafeUninitializedCapacity: one * parts.count) { target, count in
            for (i, part) in parts.enumerated() {
                var sample = part.sample
                if let to = target.baseAddress { sample.write(into: to + i * one) }
            }
            count = one * parts.count
        }
    }

    private static func stackedLabels(_ parts: [Part], _ size: Size2D) -> [Int64]? {
        let maps = parts.compactMap { part in
            var sample = part.sample
            return sample.labels
        }
        guard maps.count == parts.count else { return nil }
        let one = size.height * size.width
        return [Int64](unsafeUninitializedCapacity: one * maps.count) { target, count in
            for (i, map) in maps.enumerated() {
                map.labels.withUnsafeBufferPointer { source in
                    for j in 0..<one { target[i &* one &+ j] = Int64(source[j]) }
                }
            }
            count = one * maps.count
        }
    }
}
