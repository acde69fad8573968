import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import Foundation

/// The co-occurrence of classes in a training set, counted once and kept for later runs: `~/.cache/densekit/co_occurrence`.
///
/// Kept counts belong to the settings of the data set, the folder that relative paths start from, its classes and its number of
/// pictures. Labels that change under all of these are counted anew by `densekit co-occurrence`.
public struct CachedCoOccurrence: Sendable {
    /// Where the counts are or belong.
    public let path: String
    private let dataset: any Dataset
    private let threads: Int

    /// - Parameters:
    ///   - settings: what the data set was made from
    ///   - folder: where counts are kept; the user's cache if left out
    public init(_ dataset: any Dataset, settings: String, threads: Int, folder: String? = nil) {
        let subject = [settings, FileManager.default.currentDirectoryPath, "\(dataset.count)"] + dataset.classes.names
        let digest = subject.joined(separator: "\n").utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        path = (folder ?? CacheFolder.standardPath("co_occurrence")) + "/\(String(digest, radix: 16)).json"
        (self.dataset, self.threads) = (dataset, threads)
    }

    /// The kept counts; where there are none, or they do not fit, the counts made now. A cache that cannot be written keeps nothing.
    ///
    /// - Throws: what reading label maps throws.
    public func counts() throws -> CoOccurrence {
        if let data = try? Data(contentsOf: URL(filePath: path)),
            let kept = try? JSONDecoder().decode(CoOccurrence.self, from: data),
            kept.pictures == dataset.count, kept.problem(for: dataset.classes.names) == nil
        {
            return kept
        }
        let counts = try counted()
        try? keep(counts)
        return counts
    }

    /// The counts made anew, with their progress in a terminal.
    ///
    /// - Throws: what reading label maps throws.
    public func counted() throws -> CoOccurrence {
        let (progress, total) = (ProgressBar(), dataset.count)
        defer { progress?.clear() }
        return try CoOccurrence.count(dataset, threads: threads) { [progress] done in
            progress?.show(done, of: total, note: "counting which classes stand together")
        }
    }

    /// Keeps `counts` for later runs.
    ///
    /// - Throws: `CheckpointError` and `CocoaError` where they cannot be written.
    public func keep(_ counts: CoOccurrence) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try counts.write(to: path)
    }
}

extension CoOccurrence {
    /// As JSON, which `co_occurrence: PATH` reads.
    ///
    /// - Throws: `CheckpointError` where the file cannot be written.
    public func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(try encoder.encode(self), to: path)
    }
}
