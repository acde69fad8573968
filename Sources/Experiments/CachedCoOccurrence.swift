import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import Foundation

/// The co-occurrence of classes in a training set, counted once and cached in
/// `~/.cache/densekit/co_occurrence` for later runs.
///
/// Counts are identified by the data set's settings, the current folder, the class names and the
/// number of images. Where only the labels changed, `densekit co-occurrence` counts again.
public struct CachedCoOccurrence: Sendable {
    /// The path of the file with the counts, whether it exists or not.
    public let path: String
    private let dataset: any Dataset
    private let threads: Int

    /// The counts of `dataset`; nothing is read or counted yet.
    ///
    /// - Parameters:
    ///   - dataset: whose label maps are counted
    ///   - settings: of the data set, as YAML; they are part of the key
    ///   - threads: that count
    ///   - folder: where counts are cached; nil for the user's cache
    public init(_ dataset: any Dataset, settings: String, threads: Int, folder: String? = nil) {
        let subject =
            [settings, FileManager.default.currentDirectoryPath, "\(dataset.count)"]
            + dataset.classes.names
        let digest = FNV1a(subject.joined(separator: "\n").utf8).hexadecimal
        path = (folder ?? CacheFolder.standardPath("co_occurrence")) + "/\(digest).json"
        self.dataset = dataset
        self.threads = threads
    }

    /// The cached counts; where there are none, or they do not fit, counts made now and cached. A
    /// cache that cannot be written is ignored.
    ///
    /// - Throws: what reading label maps throws.
    public func counts() throws -> CoOccurrence {
        if let data = try? Data(contentsOf: URL(filePath: path)),
            let kept = try? JSONDecoder().decode(CoOccurrence.self, from: data),
            kept.images == dataset.count, kept.problem(for: dataset.classes.names) == nil
        {
            return kept
        }
        let counts = try counted()
        try? keep(counts)
        return counts
    }

    /// Counts made now, with a progress bar in a terminal; they are not cached.
    ///
    /// - Throws: what reading label maps throws.
    public func counted() throws -> CoOccurrence {
        let progress = ProgressBar()
        let total = dataset.count
        defer { progress?.clear() }
        return try CoOccurrence.count(dataset, threads: threads) { [progress] done in
            progress?.show(done, of: total, note: "counting which classes occur together")
        }
    }

    /// Writes `counts` to `path` for later runs.
    ///
    /// - Throws: `CheckpointError` and `CocoaError` where they cannot be written.
    public func keep(_ counts: CoOccurrence) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try counts.write(to: path)
    }
}

extension CoOccurrence {
    /// Writes the counts as JSON, which the setting `co_occurrence: PATH` reads.
    ///
    /// - Throws: `CheckpointError` where the file cannot be written.
    public func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(self), to: path)
    }
}
