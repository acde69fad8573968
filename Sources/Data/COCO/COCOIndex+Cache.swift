import DenseKitCheckpoints
import DenseKitComponents
import Foundation

extension COCOIndex {
    /// The index of the annotation file at `path`: from the cache if it holds an index of this file
    /// as it is now, else parsed and written to the cache.
    ///
    /// A cached index that is damaged, of another file or of another version is made again. Where
    /// the cache cannot be written, the file is parsed at every start, and `warnings` says so.
    /// - Parameters:
    ///   - path: of the annotation file
    ///   - cache: the folder of the cache; nil for `$XDG_CACHE_HOME/densekit/coco`, or
    ///     `~/.cache/densekit/coco` where that is not set
    /// - Throws: `DataError`, with the annotation's id, for a file that does not follow COCO's
    ///   format.
    public convenience init(_ path: String, cache: String? = nil) throws {
        let source = try IndexFile.Source(path)
        let folder = cache ?? CacheFolder.standardPath("coco")
        let name = COCOIndex.cacheName(source.path)
        if let cache = try? CacheFolder(path: folder), cache.use(name),
            let file = IndexFile("\(folder)/\(name)", of: source)
        {
            self.init(file, path: path)
            return
        }
        let columns = try COCOColumns(path)
        guard try IndexFile.Source(path) == source else {
            throw DataError(
                path, "changed while it was read", remedy: "start again once it is whole")
        }
        let arrangement = try columns.arrange()
        let made = try columns.withSections(arrangement, source) { sections in
            try COCOIndex.keep(sections, source, in: folder, name)
        }
        self.init(made.file, path: path, warnings: made.warnings)
    }

    /// `instances_train2017-0123456789abcdef.index`: the file's name, and its path as a number.
    private static func cacheName(_ path: String) -> String {
        let stem = URL(filePath: path).deletingPathExtension().lastPathComponent.prefix(100)
        return "\(stem)-\(FNV1a(path.utf8).digits).index"
    }

    /// Writes the file into the cache and maps it; where that fails, it stays in memory.
    private static func keep(
        _ sections: [UnsafeRawBufferPointer], _ source: IndexFile.Source, in folder: String,
        _ name: String
    ) throws -> (file: IndexFile, warnings: [DataError]) {
        let place = "\(folder)/\(name)"
        do {
            let cache = try CacheFolder(path: folder)
            cache.prune { $0.hasSuffix(".index") }
            try AtomicFile.write(to: place) { stream in
                try IndexFile.write(sections, of: source) { try stream.write($0) }
            }
            if let file = IndexFile(place, of: source) { return (file, []) }
        } catch {}
        let count = IndexFile.totalBytes(sections)
        let memory = MappedMemory(count: count) { sink in
            IndexFile.write(sections, of: source, sink)
        }
        guard let memory, let file = IndexFile(memory, of: source) else {
            throw DataError(
                source.path,
                "its annotations need \(count >> 20) MiB of memory, which are not to be had")
        }
        let warning = DataError(
            source.path, "is parsed at every start, as the cache \(folder) cannot be written",
            remedy: "set XDG_CACHE_HOME to a folder you may write")
        return (file, [warning])
    }
}

extension COCOColumns {
    /// The sections of the index file, in order.
    fileprivate func withSections<Result>(
        _ arrangement: Arrangement, _ source: IndexFile.Source,
        _ body: ([UnsafeRawBufferPointer]) throws -> Result
    ) rethrows -> Result {
        let warnings = arrangement.warnings.map { "\($0.problem)\n\($0.consequence)\n" }.joined()
        func raw<Value>(_ start: UnsafePointer<Value>?, _ count: Int64) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(UnsafeBufferPointer(start: start, count: Int(count)))
        }
        return try Array(source.path.utf8).withUnsafeBytes { path in
            try arrangement.order.withUnsafeBytes { order in
                try arrangement.firsts.withUnsafeBytes { firsts in
                    try Array(warnings.utf8).withUnsafeBytes { warnings in
                        try body([
                            path, raw(arrays.images, arrays.image_count),
                            raw(arrays.categories, arrays.category_count),
                            raw(UnsafePointer(arrays.annotations), arrays.annotation_count), order,
                            firsts,
                            raw(arrays.names, arrays.name_bytes),
                            raw(arrays.words, arrays.word_count), warnings,
                        ])
                    }
                }
            }
        }
    }
}
