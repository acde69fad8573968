/// Reads the keys of a mapping.
struct KeyedNodeContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: NodeDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { decoder.allKeys(Key.self) }

    func contains(_ key: Key) -> Bool { decoder.child(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { decoder.child(key)?.node?.isNull ?? true }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try decoder.requiredChild(key, for: type).read(type)
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<
            NestedKey
        >
    {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        decoder.adopt(try decoder.requiredChild(PathKey("super"), for: Never.self))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        decoder.adopt(try decoder.requiredChild(key, for: Never.self))
    }
}

/// Reads the elements of a list in order.
struct UnkeyedNodeContainer: UnkeyedDecodingContainer {
    let decoder: NodeDecoder
    let cursor: ElementCursor

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { cursor.count }
    var isAtEnd: Bool { cursor.index >= cursor.count }
    var currentIndex: Int { cursor.index }

    func decodeNil() throws -> Bool {
        let isNull = try current().node?.isNull ?? true
        if isNull { cursor.index += 1 }
        return isNull
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try current().read(type)
        cursor.index += 1
        return value
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) throws
        -> KeyedDecodingContainer<NestedKey>
    {
        try superDecoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        let element = decoder.adopt(try current())
        cursor.index += 1
        return element
    }

    private func current() throws -> NodeDecoder {
        if isAtEnd { throw decoder.failure("expected more than \(cursor.count) elements") }
        return decoder.element(cursor.index)
    }
}

/// Reads a value as a whole.
struct SingleNodeContainer: SingleValueDecodingContainer {
    let decoder: NodeDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.node?.isNull ?? true }

    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.read(type) }
}
