/// Loads a file with its bases, each file once.
struct ConfigurationLoader {
    private struct File {
        let node: YAMLNode
        let nodes: Int
    }

    private let environment: [String: String]
    private let collector: ErrorCollector
    /// Whether every base was read.
    private(set) var isWhole = true
    /// The files that are being loaded, each a base of the one before.
    private var chain: [(identity: String, path: String)] = []
    private var loaded: [String: File] = [:]
    private var nodes = 0

    init(_ environment: [String: String], _ collector: ErrorCollector) {
        self.environment = environment
        self.collector = collector
    }

    /// - Throws: `ConfigurationError` for a file that cannot be read at all; other mistakes go to
    ///   the collector.
    mutating func load(_ path: String, askedAt asked: SourceLocation?) throws -> YAMLNode {
        let identity = FilePaths.identity(of: path)
        if let first = chain.firstIndex(where: { $0.identity == identity }) {
            let names = (chain[first...].map(\.path) + [path]).map(\.onOneLine)
            throw ConfigurationError(
                at: asked ?? .file(path),
                "a file is its own base: \(names.joined(separator: " → "))",
                hint: "remove one of these lines")
        }
        if chain.count == Limits.depth {
            throw ConfigurationError(
                at: asked ?? .file(path), "more than \(Limits.depth) files deep")
        }
        chain.append((identity, path))
        defer { chain.removeLast() }

        let file = try loaded[identity] ?? read(path, askedAt: asked)
        loaded[identity] = file
        // Counted at each mention: a base named a thousand times is merged a thousand times.
        nodes += file.nodes
        if nodes > Limits.nodes {
            throw ConfigurationError(
                at: asked ?? .file(path), "the files have \(Limits.tooManyNodes)")
        }
        return file.node
    }

    private mutating func read(_ path: String, askedAt asked: SourceLocation?) throws -> File {
        let bytes = try ConfigurationFile.read(path, askedAt: asked)
        let (root, count) = try Composer.compose(bytes, collector) {
            .position(file: path, line: $0.line, column: $0.column)
        }
        guard let root, !root.isNull else {
            return File(node: YAMLNode(.mapping(YAMLNode.Mapping()), at: .file(path)), nodes: 1)
        }
        guard var own = root.mapping else {
            throw ConfigurationError(
                at: root.location, "a configuration is a mapping of keys, found \(root.summary)")
        }
        guard let base = own.remove("_base_")?.value else { return File(node: root, nodes: count) }

        var merged = YAMLNode(.mapping(YAMLNode.Mapping()), at: root.location)
        for name in base.sequence ?? [base] {
            let read = try collector.attempt { try self.base(name) }
            if let read { merged.merge(read) } else { isWhole = false }
        }
        merged.merge(YAMLNode(.mapping(own), at: root.location))
        return File(node: merged, nodes: count)
    }

    /// The file that an element of `_base_` names.
    private mutating func base(_ name: YAMLNode) throws -> YAMLNode {
        guard let scalar = try name.expanded(environment, .throwing).scalar, !scalar.text.isEmpty
        else {
            throw ConfigurationError(
                at: name.location, "_base_ takes a file or a list of files, found \(name.summary)")
        }
        return try load(name.location.resolving(scalar.text), askedAt: name.location)
    }
}
