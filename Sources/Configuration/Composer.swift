/// Builds the tree of one YAML document from libyaml's events.
///
/// Counts while it builds, and never recurses: neither depth nor aliases can exhaust the process.
/// An alias is the anchored value again (shared, not copied); `<<` adds the keys of a mapping, or
/// of a list of mappings, that are not there already.
struct Composer {
    /// The value at a position of a file or on the command line.
    typealias Locate = (YAMLPosition) -> SourceLocation

    private struct Size {
        var nodes = 1
        var textBytes = 0
        var height = 0
    }

    /// A sequence or mapping whose end has not come.
    private struct Frame {
        let isMapping: Bool
        let location: SourceLocation
        let anchor: String?
        var size = Size(height: 1)
        var elements: [YAMLNode] = []
        var mapping = YAMLNode.Mapping()
        /// The key whose value comes next.
        var key: Key?
        /// The value of `<<`, and the location of the key.
        var merged: (node: YAMLNode, keyLocation: SourceLocation)?
    }

    private struct Key {
        let name: String
        let location: SourceLocation
        /// A plain `<<`; a quoted one is a key like any other.
        let isMerge: Bool
        /// Whether it is there already: its value is left out.
        var isRepeated = false
    }

    private let locate: Locate
    private let collector: ErrorCollector
    private var stack: [Frame] = []
    private var anchors: [String: (node: YAMLNode, size: Size)] = [:]
    private var nodes = 0
    private var textBytes = 0
    private var documents = 0
    private var root: YAMLNode?

    private init(_ collector: ErrorCollector, _ locate: @escaping Locate) {
        self.collector = collector
        self.locate = locate
    }

    /// The tree of `text`; nil when it holds nothing but comments.
    ///
    /// - Throws: `ConfigurationError` for what is not YAML, not UTF-8, a second document, and above
    ///   the limits. A repeated key, an alias without anchor, an unknown tag and a `<<` of no
    ///   mapping go to `collector`; the tree is made without them.
    static func compose(_ text: [UInt8], _ collector: ErrorCollector, _ locate: @escaping Locate)
        throws -> (
            root: YAMLNode?, nodes: Int
        )
    {
        try text.withUnsafeBufferPointer { whole in
            // A byte order mark would move the columns of the first line.
            let bytes =
                whole.starts(with: [0xEF, 0xBB, 0xBF])
                ? UnsafeBufferPointer(rebasing: whole[3...]) : whole
            try checkBytes(bytes, locate)
            var composer = Composer(collector, locate)
            do {
                try YAMLEvents.read(bytes) { try composer.take($0, at: $1) }
            } catch let error as YAMLSyntaxError {
                throw error.explained(in: bytes, locate)
            }
            return (composer.root, composer.nodes)
        }
    }

    private mutating func take(_ event: YAMLEvent, at position: YAMLPosition) throws {
        let location = locate(position)
        switch event {
        case .documentStart:
            documents += 1
            if documents > 1 {
                throw ConfigurationError(
                    at: location, "a second document begins here",
                    hint: "a configuration is one document")
            }
        case .documentEnd: break
        case .scalar(let text, let isPlain, let anchor, let tag):
            let isPlain =
                try collector.attempt { try Tag.scalarIsPlain(tag, isPlain, at: location) }
                ?? isPlain
            if text.utf8.contains(0) {
                throw ConfigurationError(at: location, "a text holds the character NUL")
            }
            try addScalar(YAMLNode.Scalar(text, isPlain: isPlain), anchor: anchor, at: location)
        case .alias(let name): try addAlias(name, at: location)
        case .sequenceStart(let anchor, let tag):
            try collector.attempt { try Tag.check(tag, is: "seq", at: location) }
            try open(isMapping: false, anchor: anchor, at: location)
        case .mappingStart(let anchor, let tag):
            try collector.attempt { try Tag.check(tag, is: "map", at: location) }
            try open(isMapping: true, anchor: anchor, at: location)
        case .collectionEnd: try close()
        }
    }

    private mutating func addScalar(
        _ scalar: YAMLNode.Scalar, anchor: String?, at location: SourceLocation
    ) throws {
        let node = YAMLNode(scalar, at: location)
        let size = Size(nodes: 1, textBytes: scalar.text.utf8.count)
        if let anchor { anchors[anchor] = (node, size) }
        if awaitsKey { return try addKey(scalar, at: location) }
        try count(size, at: location)
        add(node, size)
    }

    private mutating func addAlias(_ name: String, at location: SourceLocation) throws {
        if stack.contains(where: { $0.anchor == name }) {
            throw ConfigurationError(
                at: location, "*\(name.shortened) is inside the value that it names")
        }
        guard let (node, size) = anchors[name] else {
            // Not all of very many: each is compared letter by letter.
            let near = didYouMean(name, among: anchors.keys.sorted().prefix(1_000))
            try collector.report(
                ConfigurationError(
                    at: location, "there is no &\(name.shortened) above this *\(name.shortened)",
                    hint: near ?? "quote a text that begins with '*'"))
            return try addScalar(
                YAMLNode.Scalar("*\(name)", isPlain: false), anchor: nil, at: location)
        }
        if awaitsKey {
            throw ConfigurationError(at: location, "a key must be a name, found an alias")
        }
        if stack.count + size.height > Limits.depth {
            throw ConfigurationError(at: location, Limits.tooDeep)
        }
        try count(size, at: location)
        add(node, size)
    }

    private mutating func open(isMapping: Bool, anchor: String?, at location: SourceLocation) throws
    {
        if awaitsKey {
            throw ConfigurationError(
                at: location, "a key must be a name, found a list or a mapping",
                hint: "quote a text that begins with '[' or '{'")
        }
        if stack.count == Limits.depth { throw ConfigurationError(at: location, Limits.tooDeep) }
        try count(Size(), at: location)
        stack.append(Frame(isMapping: isMapping, location: location, anchor: anchor))
    }

    private mutating func close() throws {
        guard var frame = stack.popLast() else { return }
        if let merged = frame.merged?.node { try frame.mapping.addKeys(of: merged, collector) }
        let node = YAMLNode(
            frame.isMapping ? .mapping(frame.mapping) : .sequence(frame.elements),
            at: frame.location)
        if let anchor = frame.anchor { anchors[anchor] = (node, frame.size) }
        add(node, frame.size)
    }

    private var awaitsKey: Bool {
        guard let top = stack.last else { return false }
        return top.isMapping && top.key == nil
    }

    private mutating func addKey(_ scalar: YAMLNode.Scalar, at location: SourceLocation) throws {
        guard let top = stack.indices.last else { return }
        let name = scalar.text
        if name.isEmpty, scalar.isPlain {
            throw ConfigurationError(at: location, "a key is missing before ':'")
        }
        if name.unicodeScalars.count > Limits.keyLetters {
            throw ConfigurationError(
                at: location, "a key of more than \(Limits.keyLetters) letters: '\(name.shortened)'"
            )
        }
        let isMerge = scalar.isPlain && name == "<<"
        if let first = isMerge
            ? stack[top].merged?.keyLocation : stack[top].mapping.entry(name)?.keyLocation
        {
            let place =
                if case .position(_, let line, _) = first { ", first on line \(line)" } else { "" }
            try collector.report(
                ConfigurationError(
                    at: location, "the key '\(name.shortened)' is written twice\(place)",
                    hint: "keep one"))
            stack[top].key = Key(name: name, location: location, isMerge: isMerge, isRepeated: true)
            return
        }
        stack[top].key = Key(name: name, location: location, isMerge: isMerge)
    }

    /// Gives a finished value to the collection around it.
    private mutating func add(_ node: YAMLNode, _ size: Size) {
        guard let top = stack.indices.last else {
            root = node
            return
        }
        stack[top].size.nodes += size.nodes
        stack[top].size.textBytes += size.textBytes
        stack[top].size.height = max(stack[top].size.height, size.height + 1)
        if let key = stack[top].key {
            stack[top].key = nil
            if key.isRepeated { return }
            if key.isMerge {
                stack[top].merged = (node, key.location)
            } else {
                stack[top].mapping.set(key.name, to: node, keyLocation: key.location)
            }
        } else {
            stack[top].elements.append(node)
        }
    }

    private mutating func count(_ size: Size, at location: SourceLocation) throws {
        nodes += size.nodes
        textBytes += size.textBytes
        if nodes > Limits.nodes { throw ConfigurationError(at: location, Limits.tooManyNodes) }
        if textBytes > Limits.textBytes {
            throw ConfigurationError(at: location, Limits.tooMuchText)
        }
    }
}

extension YAMLNode.Mapping {
    /// Adds what `<<` names: a mapping or a list of mappings, of which the earlier ones win.
    fileprivate mutating func addKeys(of merged: YAMLNode, _ collector: ErrorCollector) throws {
        for source in merged.sequence ?? [merged] {
            guard let mapping = source.mapping else {
                try collector.report(
                    ConfigurationError(
                        at: source.location,
                        "<< takes a mapping or a list of mappings, found \(source.summary)"))
                continue
            }
            for entry in mapping.entries where self[entry.key] == nil {
                set(entry.key, to: entry.value, keyLocation: entry.keyLocation)
            }
        }
    }
}
