extension YAMLNode {
    /// The value decoded as a `T`.
    ///
    /// Keys are the properties' names in snake_case. Where `T`, or a value in it, is a
    /// `YAMLConfiguration`, absent keys have its defaults. Nothing is ignored or converted: a key
    /// that the type does not have is an error, and so is `1.5` or `'1'` for an integer.
    ///
    /// - Throws: `ConfigurationError`, at the key or value.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T {
        try NodeDecoder(written: self, fallback: nil, path: []).read(type)
    }

    /// The node of a Swift value, with keys in snake_case; nil is null.
    ///
    /// - Parameters:
    ///   - value: to encode
    ///   - origins: the configuration that the value was decoded from: values that are written
    ///     there keep their locations, others have `default`
    /// - Throws: what the value's own `encode(to:)` throws.
    public init(encoding value: some Encodable, origins: YAMLNode? = nil) throws {
        self = try NodeEncoder.encode(value)
        if let origins { takeLocations(of: origins) }
    }

    private mutating func takeLocations(of origins: YAMLNode) {
        if location == .default { location = origins.location }
        switch value {
        case .null, .scalar: return
        case .sequence(var nodes):
            for (index, origin) in zip(nodes.indices, origins.sequence ?? []) {
                nodes[index].takeLocations(of: origin)
            }
            value = .sequence(nodes)
        case .mapping(let mapping):
            guard let other = origins.mapping else { return }
            var located = YAMLNode.Mapping()
            for var entry in mapping.entries {
                let origin = other.entry(entry.key)
                if let origin { entry.value.takeLocations(of: origin.value) }
                located.set(
                    entry.key, to: entry.value,
                    keyLocation: origin?.keyLocation ?? entry.keyLocation)
            }
            value = .mapping(located)
        }
    }
}

extension YAMLNode: Codable {
    /// Reads any value as a node, for a property of type `YAMLNode`; only `YAMLNode.decode` can.
    public init(from decoder: any Decoder) throws {
        self = try YAMLNode.read(NodeDecoder.from(decoder))
    }

    /// Writes the tree with any encoder, such as JSON's for a report.
    public func encode(to encoder: any Encoder) throws {
        switch value {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .scalar(let scalar):
            var container = encoder.singleValueContainer()
            if let bool = scalar.bool {
                try container.encode(bool)
            } else if case .success(let integer)? = scalar.integer(Int.self) {
                try container.encode(integer)
            } else if let number = scalar.number, number.isFinite {
                try container.encode(number)
            } else {
                try container.encode(scalar.text)
            }
        case .sequence(let nodes): try nodes.encode(to: encoder)
        case .mapping(let mapping):
            var container = encoder.container(keyedBy: PathKey.self)
            for entry in mapping.entries {
                try container.encode(entry.value, forKey: PathKey(entry.key))
            }
        }
    }
}

extension NodeDecoder {
    /// - Throws: `DecodingError` for the decoder of another format.
    static func from(_ decoder: any Decoder) throws -> NodeDecoder {
        if let decoder = decoder as? NodeDecoder { return decoder }
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: decoder.codingPath, debugDescription: "only Node.decode reads this type"
            ))
    }
}

extension YAMLConfiguration {
    /// The settings in a YAML text, over their defaults.
    ///
    /// - Throws: `ConfigurationError`, at the key or value.
    public static func decode(yaml: String, file: String = "configuration") throws -> Self {
        try YAMLNode.parse(yaml, file: file).decode(Self.self)
    }
}
