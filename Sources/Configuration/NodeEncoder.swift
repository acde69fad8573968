/// Encodes Swift values as nodes without location.
final class NodeEncoder: Encoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    fileprivate let slot: Slot
    private let keysAreVerbatim: Bool

    fileprivate init(_ slot: Slot, keysAreVerbatim: Bool = false) {
        self.slot = slot
        self.keysAreVerbatim = keysAreVerbatim
    }

    static func encode(_ value: some Encodable) throws -> YAMLNode {
        let slot = Slot()
        try slot.fill(value)
        return slot.node
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(
            KeyedSlotContainer<Key>(slot: slot, keysAreVerbatim: keysAreVerbatim))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.becomeList()
        return UnkeyedSlotContainer(slot: slot)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleSlotContainer(slot: slot)
    }
}

/// A value in the making.
private final class Slot {
    private enum Kind { case mapping, list, node }
    /// A type that writes nothing has no stored properties, and is `{}`.
    private var kind = Kind.mapping
    private var entries: [(key: String, slot: Slot)] = []
    private var elements: [Slot] = []
    private var leaf = YAMLNode(.null)

    var node: YAMLNode {
        switch kind {
        case .node: return leaf
        case .list: return YAMLNode(.sequence(elements.map(\.node)))
        case .mapping:
            var mapping = YAMLNode.Mapping()
            for (key, slot) in entries { mapping.set(key, to: slot.node) }
            return YAMLNode(.mapping(mapping))
        }
    }

    var count: Int { elements.count }

    func fill<T: Encodable>(_ value: T) throws {
        if let convertible = value as? any NodeConvertible {
            kind = .node
            leaf = try convertible.written()
        } else {
            try value.encode(to: NodeEncoder(self, keysAreVerbatim: value is any KeyedByData))
        }
    }

    func fillWithNull() {
        kind = .node
        leaf = YAMLNode(.null)
    }

    func becomeList() { kind = .list }

    /// The slot of a new key.
    func slot(_ key: String) -> Slot {
        kind = .mapping
        entries.append((key, Slot()))
        return entries[entries.count - 1].slot
    }

    /// The slot of a new last element.
    func nextSlot() -> Slot {
        kind = .list
        elements.append(Slot())
        return elements[elements.count - 1]
    }
}

private struct KeyedSlotContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let keysAreVerbatim: Bool
    let codingPath: [any CodingKey] = []

    private func slot(_ key: any CodingKey) -> Slot {
        slot.slot(keysAreVerbatim ? key.stringValue : snakeCasedName(key.stringValue))
    }

    func encodeNil(forKey key: Key) { slot(key).fillWithNull() }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try slot(key).fill(value) }

    private func encodeOptional<T: Encodable>(_ value: T?, _ key: Key) throws {
        if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
    }

    // The defaults of these leave nil out, where a list of settings has to show it; a generic one
    // would not replace them.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws {
        try encodeOptional(value, key)
    }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws {
        try encodeOptional(value, key)
    }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try encodeOptional(value, key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws {
        try encodeOptional(value, key)
    }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws {
        try encodeOptional(value, key)
    }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws {
        try encodeOptional(value, key)
    }
    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
        try encodeOptional(value, key)
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type, forKey key: Key)
        -> KeyedEncodingContainer<NestedKey>
    {
        NodeEncoder(slot(key)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        NodeEncoder(slot(key)).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { NodeEncoder(slot(PathKey("super"))) }
    func superEncoder(forKey key: Key) -> any Encoder { NodeEncoder(slot(key)) }
}

private struct UnkeyedSlotContainer: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey] = []
    var count: Int { slot.count }

    func encodeNil() { slot.nextSlot().fillWithNull() }
    func encode<T: Encodable>(_ value: T) throws { try slot.nextSlot().fill(value) }
    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type)
        -> KeyedEncodingContainer<NestedKey>
    {
        NodeEncoder(slot.nextSlot()).container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        NodeEncoder(slot.nextSlot()).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { NodeEncoder(slot.nextSlot()) }
}

private struct SingleSlotContainer: SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey] = []

    func encodeNil() { slot.fillWithNull() }
    func encode<T: Encodable>(_ value: T) throws { try slot.fill(value) }
}
