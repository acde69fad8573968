import DenseKitConfiguration
import DenseKitVision

/// Files that list the names of classes: a YAML sequence of strings.
public enum ClassFile {
    /// The class names in the file, in order, as `ClassName.cleaned` makes them. The file is UTF-8,
    /// or UTF-16 where that is recognised.
    ///
    /// - Throws: `ConfigurationError` with the line, for a file that is not a list of strings;
    ///   `DataError` for a file that is not text, for an empty list or too many names, and for a
    ///   name that is empty or occurs twice.
    public static func read(_ path: String) throws -> [String] {
        let node = try YAMLNode.parse(TextFile.read(path), file: path, environment: [:])
        if node.scalar != nil {
            throw ConfigurationError(
                at: node.location, "expected a list of names, found text without `- `",
                hint: "write one `- name` a line")
        }
        let names = try node.decode([String].self)
        guard !names.isEmpty else {
            throw DataError(path, "names no classes", remedy: "write one `- name` a line")
        }
        return try ClassName.checked(names) { DataError(path, $0) }
    }

    /// Writes `names` to a file that `read` reads.
    public static func write(_ names: [String], to path: String) throws {
        var text = try YAMLNode(encoding: names).yaml()
        try text.withUTF8 { try FileSystem.write(UnsafeRawBufferPointer($0), to: path) }
    }
}
