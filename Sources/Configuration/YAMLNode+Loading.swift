import Foundation

extension YAMLNode {
    /// The configuration in the file at `path`, in which `~` is expanded, with its bases,
    /// `overrides` and environment variables applied.
    ///
    /// - `_base_:` at the top names a file or a list of files, relative to the file that contains
    ///   it. They are merged in order, and the file over them: mappings merge, lists and scalars
    ///   replace, and a changed `type` drops the keys of the old one.
    /// - `${NAME}` and `${NAME:-default}` are replaced by environment variables; `$${` is the
    ///   characters `${`.
    /// - An override is `a.b.0.c=value`; the value is YAML, and the assignments are merged over the
    ///   files like another file.
    ///
    /// - Throws: `ConfigurationError`, at the line to change.
    public static func load(
        path: String, overrides: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> YAMLNode {
        let collector = ErrorCollector.throwing
        var loader = ConfigurationLoader(environment, collector)
        var node = try loader.load(FilePaths.expanded(path), askedAt: nil)
        try node.apply(overrides, collector)
        return try node.expanded(environment, collector)
    }

    /// The configuration in `text`, which has no bases; `file` is its name in messages.
    ///
    /// - Throws: `ConfigurationError`, at the line to change.
    public static func parse(
        _ text: String, file: String = "configuration",
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> YAMLNode {
        let bytes = Array(text.utf8)
        if bytes.count > Limits.fileBytes {
            throw ConfigurationError(at: .file(file), "is larger than 1 MiB")
        }
        let collector = ErrorCollector.throwing
        let root = try Composer.compose(bytes, collector) {
            .position(file: file, line: $0.line, column: $0.column)
        }.root
        return try (root ?? YAMLNode(.mapping(YAMLNode.Mapping()), at: .file(file))).expanded(
            environment, collector)
    }
}
