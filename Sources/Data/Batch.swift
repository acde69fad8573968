import DenseKitComponents
import DenseKitVision

/// Samples of one size, normalised and stacked for the network.
///
/// Samples with instances may differ in size: they are padded to the largest height and width, on
/// the right and below. All others must leave the pipeline in one size.
public struct Batch: Sendable {
    /// What is known of one sample of the batch.
    public struct Item: Sendable, Equatable {
        /// The sample's name in the data set, for messages and result files.
        public let name: String
        /// The sample's index in the data set.
        public let index: Int
        /// The epoch that it belongs to, from 0.
        public let epoch: Int
        /// The size of the upright image in its file, in pixels.
        public let originalSize: Size2D
        /// Whether left and right were exchanged.
        public let isFlipped: Bool
    }

    /// The height of all images of the batch, padding included, in pixels.
    public let height: Int
    /// The width of all images of the batch, padding included, in pixels.
    public let width: Int
    /// The images, `[n, h, w, 3]`: the memory of a channels-last tensor `[n, 3, h, w]`.
    public let pixels: [Float]
    /// Class indices, `[n, h, w]`, `LabelMap.ignore` (65535) for no class. Nil where a sample has
    /// no labels, or where the loader leaves the labels as in the data set.
    public let labels: [Int64]?
    /// The labels at the size of the data set's files, where `Options.keepsOriginalLabels` is set;
    /// empty otherwise. An element is nil for a sample without labels.
    public let originalLabels: [LabelMap?]
    /// The instances of each image, crowds included, in pixels of the batch; nil for a data set
    /// without instances.
    public let instances: [[SampleInstance]]?
    /// The masks of each image's instances without crowds, `[g, h, w]`: 1 inside, 0 elsewhere; nil
    /// where masks are not used.
    public let masks: [[UInt8]]?
    /// The targets of other kinds (`SampleTarget`) of each image, transformed with it;
    /// untransformed where the loader leaves them as in the data set.
    public let sampleTargets: [[any SampleTarget]]
    /// Sizes, padding and scale of each image relative to its file.
    public let geometries: [ImageGeometry]
    /// What is known of each sample, in order.
    public let items: [Item]
    /// The unreadable samples that were replaced by others.
    public let skipped: [Skipped]
    /// The seconds that the consumer waited for the batch.
    public internal(set) var dataTime = 0.0

    /// A sample that was left out because it cannot be read.
    public struct Skipped: Sendable, Equatable, Codable {
        /// The sample's index in the data set.
        public let index: Int
        /// Why it cannot be read, with the file.
        public let reason: String
    }

    /// The number of samples n.
    public var count: Int { items.count }
    /// The names of the samples, in order.
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

    /// - Throws: `DataError` naming the first sample that has another size than those before, where
    ///   sizes must not differ, and what `DataSample.masks()` throws.
    init(_ parts: [Part], keepsOriginalLabels: Bool) throws {
        let hasInstances = !parts.isEmpty && parts.allSatisfy { $0.sample.instances != nil }
        geometries = parts.map(\.sample.geometry)
        skipped = parts.flatMap(\.skipped)
        let (parts, size) =
            hasInstances ? Batch.padded(parts) : (parts, try Batch.commonSize(parts))
        height = size.height
        width = size.width
        instances = hasInstances ? parts.map { $0.sample.instances ?? [] } : nil
        let hasMasks = hasInstances && !keepsOriginalLabels && parts.allSatisfy(\.sample.wantsMasks)
        masks = hasMasks ? try parts.map { try $0.sample.masks() } : nil
        items = parts.map { part in
            Item(
                name: part.sample.name, index: part.index, epoch: part.epoch,
                originalSize: part.sample.originalSize,
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
