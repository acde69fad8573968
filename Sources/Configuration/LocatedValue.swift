/// A setting together with the place where it was written, for paths that are relative to the file
/// that contains them.
///
///     var root: LocatedValue<String> = "data/ade20k"
public struct LocatedValue<Value: Codable & Sendable>: Sendable {
    /// The value itself.
    public var value: Value
    /// The place where it was written; `default` for a value made in Swift.
    public let location: SourceLocation

    /// A value made in Swift, unless `location` gives where it is written.
    public init(_ value: Value, at location: SourceLocation = .default) {
        self.value = value
        self.location = location
    }
}

extension LocatedValue where Value == String {
    /// The path resolved relative to the folder of the file that contains it, `~` and `~user`
    /// expanded; relative paths from the command line and from defaults are not changed.
    public var resolved: String { location.resolving(value) }
}

extension LocatedValue: Codable, NodeConvertible {
    /// Reads the value; its location is known where `YAMLNode.decode` reads, and `default`
    /// elsewhere.
    public init(from decoder: any Decoder) throws {
        self.init(try Value(from: decoder), at: (decoder as? NodeDecoder)?.location ?? .default)
    }

    /// Writes the value without its location.
    public func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }

    static func read(_ decoder: NodeDecoder) throws -> LocatedValue {
        LocatedValue(try decoder.read(Value.self), at: decoder.location)
    }

    func written() throws -> YAMLNode {
        var node = try NodeEncoder.encode(value)
        node.location = location
        return node
    }
}

extension LocatedValue: Equatable where Value: Equatable {
    /// Whether both values are equal, wherever they were written.
    public static func == (a: LocatedValue, b: LocatedValue) -> Bool { a.value == b.value }
}

extension LocatedValue: ExpressibleByUnicodeScalarLiteral where Value == String {
    /// A value made in Swift from a literal of one scalar.
    public init(unicodeScalarLiteral value: String) { self.init(value) }
}

extension LocatedValue: ExpressibleByExtendedGraphemeClusterLiteral where Value == String {
    /// A value made in Swift from a literal of one character.
    public init(extendedGraphemeClusterLiteral value: String) { self.init(value) }
}

extension LocatedValue: ExpressibleByStringLiteral where Value == String {
    /// A value made in Swift from a string literal.
    public init(stringLiteral value: String) { self.init(value) }
}
