import DenseKitTorch

/// A value of a pickle. Those with parts hold their place in a `PickleHeap`: neither a circle nor
/// any depth of nesting is a matter of memory then.
enum PickleValue {
    case none
    case bool(Bool)
    case int(Int)
    /// A whole number beyond 64 bits, little-endian.
    case long([UInt8])
    case float(Double)
    case string(String)
    /// Place in `lists`.
    case list(Int)
    /// Place in `lists`.
    case tuple(Int)
    /// Place in `dictionaries`.
    case dictionary(Int)
    /// A TorchScript module: place in `modules`.
    case module(Int)
    /// Place in `storages`.
    case storage(Int)
    /// Place in `tensors`.
    case tensor(Int)
    /// A tensor in a form that is not read: place in `unread`.
    case unread(Int)
    case global(PickleGlobal)
    /// What no weights need and what does nothing: a date, an array of NumPy, bytes.
    case inert
}

/// What the values of a pickle refer to. Every entry costs the file at least a byte, so the heap is
/// bounded by the file.
struct PickleHeap {
    var lists: [[PickleValue]] = []
    /// Later entries win, as in Python.
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    /// The attributes of each TorchScript module, a dictionary's place; nil until it has any.
    var modules: [Int?] = []
    var storages: [TorchStorage] = []
    var tensors: [TorchTensor] = []
    var unread: [UnreadTensor] = []

    mutating func dictionary(_ entries: [(key: PickleValue, value: PickleValue)] = [])
        -> PickleValue
    {
        dictionaries.append(entries)
        return .dictionary(dictionaries.count - 1)
    }

    mutating func list(_ items: [PickleValue] = []) -> PickleValue {
        lists.append(items)
        return .list(lists.count - 1)
    }

    mutating func unread(_ problem: String, remedy: String) -> PickleValue {
        unread.append(UnreadTensor(problem: problem, remedy: remedy))
        return .unread(unread.count - 1)
    }

    mutating func tuple(_ items: [PickleValue]) -> PickleValue {
        lists.append(items)
        return .tuple(lists.count - 1)
    }

    /// The items of a list or tuple.
    func items(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .list(let place), .tuple(let place): lists[place]
        default: nil
        }
    }

    func entries(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
        if case .dictionary(let place) = value { dictionaries[place] } else { nil }
    }

    /// The value under `key` in the dictionary `value`.
    func lookup(_ key: String, in value: PickleValue?) -> PickleValue? {
        value.flatMap(entries)?.last { $0.key.string == key }?.value
    }
}

extension PickleValue {
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var isTensor: Bool {
        switch self {
        case .tensor, .unread: true
        default: false
        }
    }
    var int: Int? { if case .int(let number) = self { number } else { nil } }
}
