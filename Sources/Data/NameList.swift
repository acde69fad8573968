/// A text file with one sample name per line, without folder and suffix:
/// `ImageSets/Segmentation/train.txt` of Pascal VOC.
public struct NameList: Sendable {
    /// The list's file.
    public let path: String
    /// The names, each with its line number from 1. Blank lines are left out, and so are spaces and
    /// invisible characters around a name.
    public let entries: [(line: Int, name: String)]
    /// What is wrong with entries, by their place: none outside `IncompleteSamples.keeping`.
    let faults: [Int: DataError]

    /// Reads the list at `path`, which is UTF-8, or UTF-16 where that is recognised.
    ///
    /// - Parameters:
    ///   - path: of the list
    ///   - layout: the folder layout to expect, as the remedy where the file is missing
    /// - Throws: `DataError` for a file that is missing, is not text or has no names, and for a
    ///   name that occurs twice.
    public init(_ path: String, layout: String) throws {
        let bytes: [UInt8]
        do { bytes = try FileSystem.read(path) } catch let error as DataError {
            throw DataError(path, error.problem, remedy: layout)
        }
        self.path = path
        entries = TextFile.lines(try TextFile.text(bytes, path)).enumerated().compactMap {
            let name = $0.element.withoutBlankEnds
            return name.isEmpty ? nil : (line: $0.offset + 1, name: name)
        }
        guard !entries.isEmpty else { throw DataError(path, "names no images", remedy: layout) }
        var (first, pairs): ([String: Int], Pairs) = ([:], Pairs())
        for (place, (line, name)) in entries.enumerated() {
            guard let other = first[name] else {
                first[name] = line
                continue
            }
            try pairs.refuse(
                DataError(
                    "\(path):\(line)", "names \(name) again, first on line \(other)",
                    remedy: "keep one of the lines"),
                at: place)
        }
        faults = pairs.faults
    }
}
