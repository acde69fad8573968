/// A text file that names samples, one a line, without folder and suffix: `ImageSets/Segmentation/train.txt` of Pascal VOC.
public struct NameList: Sendable {
    public let path: String
    /// The names, each with its line, counted from 1. Blank lines are left out, and so are blanks around a name.
    public let entries: [(line: Int, name: String)]

    /// - Parameter layout: what a user is told to expect where the file is missing.
    /// - Throws: `DataError` for a file that is missing or names nothing, and for a name that stands twice.
    public init(_ path: String, layout: String) throws {
        let bytes: [UInt8]
        do { bytes = try FileSystem.read(path) } catch let error as DataError {
            throw DataError(path, error.problem, remedy: layout)
        }
        self.path = path
        entries = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap {
            let name = NameList.trimmed($0.element)
            return name.isEmpty ? nil : (line: $0.offset + 1, name: String(decoding: name, as: UTF8.self))
        }
        guard !entries.isEmpty else { throw DataError(path, "names no pictures", remedy: layout) }
        var first: [String: Int] = [:]
        for (line, name) in entries {
            if let other = first.updateValue(line, forKey: name) {
                throw DataError("\(path):\(line)", "names \(name) again, first on line \(other)", remedy: "keep one of the lines")
            }
        }
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let blanks: Set<UInt8> = [9, 13, 32]
        let head = line.drop { blanks.contains($0) }
        return head.prefix((head.lastIndex { !blanks.contains($0) } ?? head.startIndex - 1) - head.startIndex + 1)
    }
}
