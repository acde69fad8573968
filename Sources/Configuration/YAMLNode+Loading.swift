import Foundation

extension YAMLNode {
    /// The configuration in the file at `path`, in which `~` is expanded: its bases below it, `overrides` over it, environment variables put in.
    ///
    /// - `_base_:` at the top names a file or a list of files, relative to the file that says so. They are laid over one another in order, and the
    ///   file over them: mappings merge, lists and scalars replace, and a changed `type` drops the keys of the old one.
    /// - `${NAME}` and `${NAME:-default}` stand for environment variables; `$${` for the characters `${`.
    /// - An override is `a.b.0.c=value`; the value is YAML, and the assignments are laid over the files like another file.
    ///
    /// - Throws: `ConfigurationError`, at the line that is to be changed.
    public static func load(
        path: String, overrides: [String] = [], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> YAMLNode {
        var loader = DataLoader(environment: environment)
        var node = try loader.load(FilePaths.expanded(path), askedAt: nil)
        try node.apply(overrides)
        return try node.expanded(environment)
    }

    /// The configuration in `text`, which has no bases. `file` is what messages call it.
    ///
    /// - Throws: `ConfigurationError`, at the line that is to be changed.
    public static func parse(
        _ text: String, file: String = "configuration", environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> YAMLNode {
        let bytes = Array(text.utf8)
        if bytes.count > Limits.fileBytes { throw ConfigurationError(at: .file(file), "is larger than 1 MiB") }
        let root = try Composer.compose(bytes) { .position(file: file, line: $0.line, column: $0.column) }.root
        return try (root ?? YAMLNode(.mapping(YAMLNode.Mapping()), at: .file(file))).expanded(environment)
    }
}

/// Loads a file with its bases, each file once.
private struct DataLoader {
    private struct File {
        let node: YAMLNode
        let nodes: Int
    }

    private let environment: [String: String]
    /// The files that are being loaded, each a base of the one before.
    private var chain: [(identity: String, path: String)] = []
    private var loaded: [String: File] = [:]
    private var nodes = 0

    init(environment: [String: String]) {
        self.environment = environment
    }

    mutating func load(_ path: String, askedAt asked: SourceLocation?) throws -> YAMLNode {
        let identity = FilePaths.identity(of: path)
        if let first = chain.firstIndex(where: { $0.identity == identity }) {
            let names = (chain[first...].map(\.path) + [path]).map(\.onOneLine)
            throw ConfigurationError(
                at: asked ?? .file(path), "a file is its own base: \(names.joined(separator: " → "))",
                hint: "remove one of these lines")
        }
        if chain.count == Limits.depth {
            throw ConfigurationError(at: asked ?? .file(path), "more than \(Limits.depth) files deep")
        }
        chain.append((identity, path))
        defer { chain.removeLast() }

        let file = try loaded[identity] ?? read(path, askedAt: asked)
        loaded[identity] = file
        // Counted at each mention: a base named a thousand times is merged a thousand times.
        nodes += file.nodes
        if nodes > Limits.nodes { throw ConfigurationError(at: asked ?? .file(path), "the files have \(Limits.tooManyNodes)") }
        return file.node
    }

    private mutating func read(_ path: String, askedAt asked: SourceLocation?) throws -> File {
        let bytes = try ConfigurationFile.read(path, askedAt: asked)
        let (root, count) = try Composer.compose(bytes) { .position(file: path, line: $0.line, column: $0.column) }
        guard let root, !root.isNull else { return File(node: YAMLNode(.mapping(YAMLNode.Mapping()), at: .file(path)), nodes: 1) }
        guard var own = root.mapping else {
            throw ConfigurationError(at: root.location, "a configuration is a mapping of keys, found \(root.summary)")
        }
        guard let base = own.remove("_base_")?.value else { return File(node: root, nodes: count) }

        var merged = YAMLNode(.mapping(YAMLNode.Mapping()), at: root.location)
        for name in base.sequence ?? [base] {
            guard let scalar = try name.expanded(environment).scalar, !scalar.text.isEmpty else {
                throw ConfigurationError(at: name.location, "_base_ takes a file or a list of files, found \(name.summary)")
            }
            merged.merge(try load(name.location.resolving(scalar.text), askedAt: name.location))
        }
        merged.merge(YAMLNode(.mapping(own), at: root.location))
        return File(node: merged, nodes: count)
    }
}
