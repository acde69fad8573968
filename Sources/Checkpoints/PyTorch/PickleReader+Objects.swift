extension PickleReader {
    /// Names, and what is made by them.
    mutating func object(_ code: UInt8) throws(CheckpointError) -> Bool {
        switch code {
        case UInt8(ascii: "c"):
            let module = try cursor.line()
            let name = try cursor.line()
            try global(
                String(decoding: module, as: UTF8.self), String(decoding: name, as: UTF8.self))
        case 0x93:
            let name = try pop()
            guard let module = try pop().string, let name = name.string else {
                throw damaged("has a name that is no text,")
            }
            try global(module, name)
        case UInt8(ascii: "R"), 0x81:
            let arguments = try pop()
            try make(pop(), arguments)
        case 0x92:
            _ = try pop()  // arguments by name
            let arguments = try pop()
            try make(pop(), arguments)
        case UInt8(ascii: "b"):
            let state = try pop()
            try build(state)
        case UInt8(ascii: "Q"): try storage(pop())
        default: return false
        }
        return true
    }

    private mutating func global(_ module: String, _ name: String) throws(CheckpointError) {
        // From protocol 4 on, a function of a class is named with it.
        let owner = name.hasPrefix("HistoryBuffer.") ? "HistoryBuffer" : name
        guard let global = PickleGlobal(module: module, name: owner) else {
            throw .unneeded(cursor.file.path, module: module, name: name)
        }
        stack.append(.global(global))
    }

    /// What represents the call of `function`, or a new object of the class `function`.
    private mutating func make(_ function: PickleValue, _ arguments: PickleValue)
        throws(CheckpointError)
    {
        guard case .global(let function) = function, case .tuple(let place) = arguments else {
            throw damaged("calls what is no function,")
        }
        stack.append(try result(function, heap.lists[place]))
    }

    private mutating func result(_ function: PickleGlobal, _ arguments: [PickleValue])
        throws(CheckpointError) -> PickleValue
    {
        switch function {
        case .inert, .historyBuffer: return .inert
        case .attribute:
            guard case .global(.historyBuffer)? = arguments.first else {
                throw .unneeded(cursor.file.path, module: "builtins", name: "getattr")
            }
            return .inert
        case .script:
            heap.modules.append(nil)
            return .module(heap.modules.count - 1)
        case .dictionary: return try dictionary(arguments)
        case .first:
            guard let first = arguments.first else {
                throw damaged("calls a function without arguments,")
            }
            return first
        case .rebuildTensor, .rebuildTensorV2, .rebuildTensorV3:
            return try tensor(function, arguments)
        case .rebuildUnread(let form):
            return heap.unread(
                "is \(form)", remedy: "Make it a dense tensor of float32 with PyTorch.")
        case .rebuildFromType:
            // (function, class, its arguments, state)
            guard arguments.count >= 3, case .global(let inner) = arguments[0],
                case .tuple(let place) = arguments[2],
                inner != .rebuildFromType
            else { throw damaged("rebuilds a tensor from unexpected arguments,") }
            return try result(inner, heap.lists[place])
        case .storage, .element: throw damaged("calls a type of elements,")
        }
    }

    /// `OrderedDict()`, or of Python 2 `OrderedDict([[key, value], …])`.
    private mutating func dictionary(_ arguments: [PickleValue]) throws(CheckpointError)
        -> PickleValue
    {
        guard let pairs = arguments.first.flatMap(heap.items) else { return heap.dictionary() }
        copied += pairs.count
        guard copied <= cursor.consumed else { throw damaged("copies its lists too often,") }
        var entries: [(PickleValue, PickleValue)] = []
        for pair in pairs {
            guard let items = heap.items(pair), items.count == 2 else {
                throw damaged("makes a dictionary of what are no pairs,")
            }
            entries.append((items[0], items[1]))
        }
        return heap.dictionary(entries)
    }

    /// Gives `state` to the object on top of the stack.
    private mutating func build(_ state: PickleValue) throws(CheckpointError) {
        switch try top() {
        case .module(let place):
            guard case .dictionary(let attributes) = state else {
                throw damaged("gives a module a state that is no dictionary,")
            }
            heap.modules[place] = attributes
        // attributes beside the content, such as a state dict's versions
        case .dictionary, .tensor, .unread, .inert: break
        default: throw damaged("gives a state to what has none,")
        }
    }

    /// The storage of a persistent id: `("storage", type, key, location, count)`, and before
    /// PyTorch 1.13 a view `(key, offset, count)` or nothing.
    private mutating func storage(_ id: PickleValue) throws(CheckpointError) {
        guard case .tuple(let place) = id else {
            throw damaged("names a storage by what is no tuple,")
        }
        let parts = heap.lists[place]
        if parts.first?.string == "module" {
            throw .unneeded(cursor.file.path, module: "torch.nn", name: "Module")
        }
        guard parts.count == 5 || parts.count == 6, parts[0].string == "storage",
            case .global(.storage(let element)) = parts[1],
            let key = parts[2].string ?? parts[2].int.map(String.init), key.utf8.count <= 256,
            let count = parts[4].int,
            count >= 0
        else { throw damaged("names a storage in an unknown way,") }
        guard count <= Int.max / 16 else {
            throw damaged(
                "says that storage \(shown(key)) has \(count) elements, which no memory can hold,")
        }
        if let known = storages[key].map({ heap.storages[$0] }) {
            guard known.element == element, known.fileCount == count else {
                throw damaged("gives two different descriptions of storage \(shown(key)),")
            }
        }
        var range = 0..<count
        if parts.count == 6, let view = heap.items(parts[5]) {
            guard view.count == 3, let offset = view[1].int, let length = view[2].int, offset >= 0,
                offset <= count, length >= 0,
                length <= count - offset
            else { throw damaged("views storage \(shown(key)) beyond its \(count) elements,") }
            range = offset..<offset + length
        } else if let known = storages[key] {
            return stack.append(.storage(known))
        }
        heap.storages.append(
            TorchStorage(key: key, element: element, fileCount: count, range: range))
        if range.count == count { storages[key] = heap.storages.count - 1 }
        stack.append(.storage(heap.storages.count - 1))
    }

    /// `_rebuild_tensor(storage, offset, shape, strides)`; v2 adds whether it is trained, hooks and
    /// metadata; v3 a type before the metadata.
    private mutating func tensor(_ function: PickleGlobal, _ arguments: [PickleValue])
        throws(CheckpointError) -> PickleValue
    {
        guard arguments.count >= 4, case .storage(let place) = arguments[0],
            let offset = arguments[1].int,
            let sizes = heap.items(arguments[2]), let steps = heap.items(arguments[3]),
            sizes.count <= 64, steps.count <= 64
        else { throw damaged("rebuilds a tensor from unexpected arguments,") }
        let shape = sizes.compactMap(\.int)
        let strides = steps.compactMap(\.int)
        guard shape.count == sizes.count, strides.count == steps.count else {
            throw damaged("has a tensor whose shape or strides are no whole numbers,")
        }
        let storage = heap.storages[place]
        var element = storage.element
        if function == .rebuildTensorV3 {
            guard arguments.count >= 7, case .global(.element(let type)) = arguments[6] else {
                throw damaged("rebuilds a tensor without its type,")
            }
            element = type
        }
        let flags =
            arguments.dropFirst(function == .rebuildTensorV3 ? 7 : 6).first.flatMap(heap.entries)
            ?? []
        guard flags.count <= 16 else {
            throw damaged("rebuilds a tensor from unexpected arguments,")
        }
        guard !flags.contains(where: { if case .bool(true) = $0.value { true } else { false } })
        else {
            return heap.unread(
                "is stored negated or conjugated",
                remedy:
                    "Call resolve_neg() or resolve_conj() on it with PyTorch, and save it again.")
        }
        guard
            let tensor = TorchTensor(
                place, storage, element: element, offset: offset, shape: shape, strides: strides)
        else {
            throw damaged(
                "has a tensor of shape \(shape), strides \(strides) and offset \(offset), beyond the \(storage.range.count) elements of storage \(shown(storage.key)),"
            )
        }
        guard takeRepeats(tensor, of: storage) else {
            return heap.unread(
                "repeats the elements of its storage to shape \(shape); all such tensors of a file may have \(Self.repeatLimit) elements",
                remedy: "Save a part of it with PyTorch.")
        }
        heap.tensors.append(tensor)
        return .tensor(heap.tensors.count - 1)
    }

    /// Counts the elements of a tensor that shows elements of its storage more than once, such as
    /// an expanded one.
    ///
    /// - Returns: whether they are few enough to be written out
    private mutating func takeRepeats(_ tensor: TorchTensor, of storage: TorchStorage) -> Bool {
        let count = tensor.shape.reduce(1, *)  // does not overflow: `TorchTensor` saw to it
        guard count * tensor.element.size > storage.range.count * storage.element.size else {
            return true
        }
        guard count <= Self.repeatLimit - repeated else { return false }
        repeated += count
        return true
    }
}
