import Configuration
import Vision

/// Files that list the names of classes: a YAML sequence of strings.
public enum ClassFile {
    /// The names, in order.
    ///
    /// - Throws: `ConfigurationError` with the line, for what is no list of strings; `DataError` for none, too many, or one twice.
    public static func read(_ path: String) throws -> [String] {
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        let names = try Node.parse(text, file: path, environment: [:]).decode([String].self)
        guard !names.isEmpty else { throw DataError(path, "names no classes", remedy: "write one `- name` a line") }
        guard names.count <= LabelTable.maximumClasses else {
            throw DataError(path, "names \(names.count) classes; at most \(LabelTable.maximumClasses) are possible")
        }
        var seen: Set<String> = []
        if let twice = names.first(where: { !seen.insert($0).inserted }) {
            throw DataError(path, "names class `\(twice)` twice")
        }
        return names
    }

    /// Writes such a file.
    public static func write(_ names: [String], to path: String) throws {
        var text = try Node(encoding: names).yaml()
        try text.withUTF8 { try FileSystem.write(UnsafeRawBufferPointer($0), to: path) }
    }
}
