/// Decodes one value: the node of the files laid over the node of the defaults.
///
/// It remembers the keys that the type has read: these are the type's keys, and any other key of
/// the files is an error.
final class NodeDecoder: Decoder {
    /// The value in the files; nil where they have none.
    let written: YAMLNode?
    /// The value where the files have none: part of an encoded default.
    let fallback: YAMLNode?
    /// The keys and indices that lead here.
    let path: [String]
    /// The type of the component that the value configures.
    let component: String?
    let userInfo: [CodingUserInfoKey: Any] = [:]

    private enum Access { case none, keyed, unkeyed, single }
    private var access = Access.none
    /// In the order in which they were read, which is that of the properties.
    private var askedKeys: [String] = []
    private var known: Set<String> = []
    private var keysAreVerbatim = false
    private var nested: [NodeDecoder] = []
    private var elements: ElementCursor?

    init(written: YAMLNode?, fallback: YAMLNode?, path: [String], component: String? = nil) {
        self.written = written
        self.fallback = fallback
        self.path = path
        self.component = component
    }

    var codingPath: [any CodingKey] { path.map { PathKey($0) } }

    /// The value: a written null is one.
    var node: YAMLNode? { written ?? fallback }
    var location: SourceLocation { node?.location ?? .default }

    /// Decodes the value as `T` and checks that every written key was read.
    func read<T: Decodable>(_ type: T.Type) throws -> T {
        do {
            if let convertible = T.self as? any NodeConvertible.Type,
                let value = try convertible.read(self) as? T
            {
                return value
            }
            let decoder = try withDefaults(of: T.self)
            decoder.keysAreVerbatim = T.self is any KeyedByData.Type
            if (T.self as? any KeyedByData.Type)?.keysAreIntegers == true {
                try decoder.checkIntegerKeys()
            }
            let value = try T(from: decoder)
            try decoder.finish()
            return value
        } catch let error as ConfigurationError {
            try checkChoice(of: T.self)
            throw error
        } catch let error as DecodingError {
            try checkChoice(of: T.self)
            throw failure(error.summary)
        } catch {
            throw failure("\(error)".onOneLine)
        }
    }

    /// A fresh decoder; over the defaults of `T`, where `T` has them and the enclosing value does
    /// not define more.
    private func withDefaults<T>(of type: T.Type) throws -> NodeDecoder {
        var fallback = fallback
        if fallback == nil || fallback?.isNull == true,
            let configuration = T.self as? any YAMLConfiguration.Type
        {
            fallback = try YAMLNode(encoding: defaults(of: configuration))
        }
        return NodeDecoder(written: written, fallback: fallback, path: path, component: component)
    }

    private func defaults(of type: any YAMLConfiguration.Type) -> any YAMLConfiguration {
        guard let written, let variant = type as? any VariantConfiguration.Type else {
            return type.init()
        }
        return variant.defaults(for: written)
    }

    private func finish() throws {
        if let elements, elements.index < elements.count {
            throw failure("expected \(elements.index) elements, found \(elements.count)")
        }
        for decoder in nested { try decoder.finish() }
        guard access == .keyed || access == .none, let written else { return }
        guard let mapping = written.mapping else {
            if access == .none { throw expected("a mapping") }
            return
        }
        guard let unknown = mapping.entries.first(where: { !known.contains($0.key) }) else {
            return
        }
        throw unknownKey(unknown)
    }

    // MARK: Errors

    /// `model.neck.channels: message`, at the value.
    func failure(
        _ message: String, hint: String? = nil, kind: ConfigurationError.Kind = .other
    ) -> ConfigurationError {
        let message = path.isEmpty ? message : "\(shownPath): \(message)"
        return ConfigurationError(at: location, message, hint: hint, kind: kind)
    }

    func expected(_ what: String, hint: String? = nil) -> ConfigurationError {
        failure("expected \(what), found \(node?.summary ?? "nothing")", hint: hint)
    }

    var shownPath: String { path.joined(separator: ".").onOneLine }

    /// Refuses written keys that are no integers.
    private func checkIntegerKeys() throws {
        guard let wrong = written?.mapping?.entries.first(where: { Int($0.key) == nil }) else {
            return
        }
        let message = "expected an integer before the colon, found '\(wrong.key.shortened)'"
        throw ConfigurationError(
            at: wrong.keyLocation, path.isEmpty ? message : "\(shownPath): \(message)",
            hint: wrong.missingBlank)
    }

    private func unknownKey(_ entry: YAMLNode.Mapping.Entry) -> ConfigurationError {
        let place = component.map { " of \($0)" } ?? (path.isEmpty ? "" : " in \(shownPath)")
        let keys = askedKeys.map(\.onOneLine).joined(separator: ", ")
        let hint =
            if let blank = entry.missingBlank {
                blank
            } else if askedKeys.isEmpty {
                "it has no settings"
            } else if let near = didYouMean(entry.key, among: askedKeys) {
                "\(near) (keys: \(keys))"
            } else {
                "its keys are \(keys)"
            }
        return ConfigurationError(
            at: entry.keyLocation, "unknown key '\(entry.key.shortened)'\(place)", hint: hint,
            kind: .unknownKey)
    }

    /// For an enumeration that lists its cases: refuses what is none of their raw values.
    private func checkChoice<T>(of type: T.Type) throws {
        guard let choices = choices(of: type) else { return }
        let list = choices.joined(separator: ", ")
        guard let text = node?.scalar?.text else { throw expected("one of \(list)") }
        if !choices.contains(text) {
            throw failure(
                "'\(text.shortened)' is none of \(list)", hint: didYouMean(text, among: choices))
        }
    }

    // MARK: Decoder

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        access = .keyed
        guard let node, node.mapping != nil else {
            throw expected(
                "a mapping", hint: written?.isNull == true ? "write {} for the defaults" : nil)
        }
        return KeyedDecodingContainer(KeyedNodeContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        access = .unkeyed
        guard let list = node?.sequence else { throw expected("a list") }
        let cursor = ElementCursor(count: list.count)
        elements = cursor
        return UnkeyedNodeContainer(decoder: self, cursor: cursor)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        access = .single
        return SingleNodeContainer(decoder: self)
    }
}

// MARK: Used by the containers

extension NodeDecoder {
    /// The keys as the type spells them: the written ones where there is a mapping, so that a
    /// dictionary replaces its default.
    func allKeys<Key: CodingKey>(_ type: Key.Type) -> [Key] {
        (node?.mapping?.keys ?? []).compactMap { key in
            keysAreVerbatim
                ? Key(stringValue: key)
                : Key(stringValue: camelCasedName(key)) ?? Key(stringValue: key)
        }
    }

    /// The decoder of `key`, which from now on is known; nil when neither the files nor the
    /// defaults have it.
    func child(_ key: any CodingKey) -> NodeDecoder? {
        let name = yamlKey(key)
        if known.insert(name).inserted { askedKeys.append(name) }
        let written = written?.mapping?[name]
        // A written dictionary replaces its default: data, not settings.
        let fallback = keysAreVerbatim && self.written != nil ? nil : fallback?.mapping?[name]
        guard written != nil || fallback != nil else { return nil }
        return NodeDecoder(written: written, fallback: fallback, path: path + [name])
    }

    /// The decoder of `key`, or the error that it is missing; a `Configuration` may be, and is then
    /// all defaults.
    func requiredChild<T>(_ key: any CodingKey, for type: T.Type) throws -> NodeDecoder {
        if let child = child(key) { return child }
        let name = yamlKey(key)
        if T.self is any YAMLConfiguration.Type {
            return NodeDecoder(written: nil, fallback: nil, path: path + [name])
        }
        let unasked = (written?.mapping?.keys ?? []).filter { !known.contains($0) }
        throw failure(
            "the key '\(name)' is missing",
            hint: nearestSpelling(to: name, among: unasked).map {
                "is '\($0.shortened)' meant to be it?"
            },
            kind: .missing(path + [name]))
    }

    /// The decoder of an element.
    func element(_ index: Int) -> NodeDecoder {
        let path = path + [String(index)]
        if let written = written?[index] {
            return NodeDecoder(written: written, fallback: nil, path: path)
        }
        return NodeDecoder(written: nil, fallback: fallback?[index], path: path)
    }

    /// Stores a decoder of a nested container, to check its keys when this value is done.
    func adopt(_ decoder: NodeDecoder) -> NodeDecoder {
        nested.append(decoder)
        return decoder
    }

    private func yamlKey(_ key: any CodingKey) -> String {
        keysAreVerbatim ? key.stringValue : snakeCasedName(key.stringValue)
    }
}

/// How far a list was read; shared by the copies of a container.
final class ElementCursor {
    let count: Int
    var index = 0

    init(count: Int) {
        self.count = count
    }
}

/// A key or an index of a path.
struct PathKey: CodingKey {
    let stringValue: String
    var intValue: Int? { Int(stringValue) }

    init(stringValue: String) { self.stringValue = stringValue }
    init(intValue: Int) { stringValue = String(intValue) }
    init(_ name: String) { stringValue = name }
}

/// Dictionaries: their keys are data, not names of properties, and stay as they are.
protocol KeyedByData {
    static var keysAreIntegers: Bool { get }
}
extension Dictionary: KeyedByData {
    static var keysAreIntegers: Bool { Key.self == Int.self }
}

extension YAMLNode.Mapping.Entry {
    /// How a key and its value are written in braces, for `{1:0}`, which YAML reads as the key
    /// `1:0` with nothing behind it.
    var missingBlank: String? {
        guard value.isNull, let colon = key.firstIndex(of: ":"), colon != key.startIndex else {
            return nil
        }
        let name = key[..<colon]
        let rest = key[key.index(after: colon)...]
        return rest.isEmpty || rest.hasPrefix(" ")
            ? nil : "write a space after the colon: {\(name.shortened): \(rest.shortened)}"
    }
}

/// The raw values of an enumeration that lists its cases; nil for other types.
private func choices<T>(of type: T.Type) -> [String]? {
    func rawValues<E: CaseIterable & RawRepresentable>(_ type: E.Type) -> [String] {
        type.allCases.map { "\($0.rawValue)" }
    }
    return (T.self as? any (CaseIterable & RawRepresentable).Type).map { rawValues($0) }
}

extension DecodingError {
    /// What a type that decodes itself complains of.
    fileprivate var summary: String {
        switch self {
        case .dataCorrupted(let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context),
            .keyNotFound(_, let context):
            context.debugDescription.onOneLine
        @unknown default: "\(self)".onOneLine
        }
    }
}
