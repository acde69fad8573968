extension PickleReader {
    /// Lists, tuples, dictionaries and sets.
    mutating func collection(_ code: UInt8) throws(CheckpointError) -> Bool {
        switch code {
        case UInt8(ascii: "]"): stack.append(heap.list())
        case UInt8(ascii: "l"): stack.append(heap.list(try popToMark()))
        case UInt8(ascii: ")"): stack.append(heap.tuple([]))
        case UInt8(ascii: "t"): stack.append(heap.tuple(try popToMark()))
        case 0x85, 0x86, 0x87: try tuple(Int(code) - 0x84)
        case UInt8(ascii: "}"): stack.append(heap.dictionary())
        case UInt8(ascii: "d"):
            let items = try popToMark()
            stack.append(heap.dictionary())
            try set(items)
        case UInt8(ascii: "a"): try append([pop()])
        case UInt8(ascii: "e"): try append(popToMark())
        case UInt8(ascii: "s"):
            let value = try pop()
            try set([pop(), value])
        case UInt8(ascii: "u"): try set(popToMark())
        case 0x8F: stack.append(.inert)  // a set
        case 0x90: try append(popToMark())
        case 0x91:  // a frozen set
            _ = try popToMark()
            stack.append(.inert)
        default: return false
        }
        return true
    }

    private mutating func tuple(_ count: Int) throws(CheckpointError) {
        var items: [PickleValue] = []
        for _ in 0..<count { items.append(try pop()) }
        stack.append(heap.tuple(items.reversed()))
    }

    private mutating func append(_ items: [PickleValue]) throws(CheckpointError) {
        switch try top() {
        case .list(let place): heap.lists[place] += items
        case .inert: break
        default: throw damaged("appends to what is no list,")
        }
    }

    /// Puts keys and values, in turns, into the dictionary on top of the stack.
    private mutating func set(_ items: [PickleValue]) throws(CheckpointError) {
        guard items.count % 2 == 0 else { throw damaged("has a key without a value,") }
        switch try top() {
        case .dictionary(let place):
            for index in stride(from: 0, to: items.count, by: 2) {
                heap.dictionaries[place].append((items[index], items[index + 1]))
            }
        case .inert: break
        default: throw damaged("puts keys into what is no dictionary,")
        }
    }
}
