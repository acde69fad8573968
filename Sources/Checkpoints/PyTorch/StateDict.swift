/// The tensors of a file by name, chosen from what the file holds.
struct StateDict {
    /// Under which keys programs put a model's state, in the order of preference. None of them is
    /// that of an average or a teacher: where a file has none of these, all of its dictionaries of
    /// tensors are read, each behind its own name, and who loads them chooses.
    static let keys = ["state_dict", "model", "model_state_dict", "model_state", "net"]
    /// All names together have at most so many bytes: modules that hold each other would have names
    /// without end.
    static let nameLimit = 1 << 24

    /// Tensors and numbers; of a name that occurs twice, the last value comes last.
    private(set) var entries: [(name: String, value: PickleValue)] = []
    private let path: String
    private let heap: PickleHeap
    private var nameBytes = 0

    /// - Throws: `CheckpointError`.
    init(_ root: PickleValue, _ heap: PickleHeap, path: String) throws(CheckpointError) {
        self.path = path
        self.heap = heap
        if case .module(let place) = root {
            try walk(place)
        } else if let chosen = Self.choose(root, heap, depth: 0) {
            try collect(chosen)
        } else {
            for (name, chosen) in Self.dictionaries(root, heap) {
                try collect(chosen, behind: name + ".")
            }
        }
        guard !entries.isEmpty else { throw Self.missing(root, heap, path) }
    }

    private static func choose(
        _ value: PickleValue, _ heap: PickleHeap, depth: Int
    ) -> [(key: PickleValue, value: PickleValue)]? {
        guard let entries = heap.entries(value) else { return nil }
        if depth < 2 {
            for key in keys {
                if let inner = heap.lookup(key, in: value),
                    let found = choose(inner, heap, depth: depth + 1)
                {
                    return found
                }
            }
        }
        return entries.contains { $0.value.isTensor && $0.key.string != nil } ? entries : nil
    }

    /// The dictionaries of tensors under any name, such as `student` and `teacher`.
    private static func dictionaries(
        _ root: PickleValue, _ heap: PickleHeap
    ) -> [(name: String, entries: [(key: PickleValue, value: PickleValue)])] {
        let named = (heap.entries(root) ?? []).lazy.filter {
            $0.key.string != nil && heap.entries($0.value) != nil
        }
        return named.compactMap { entry in
            guard let name = entry.key.string, let chosen = choose(entry.value, heap, depth: 1)
            else { return nil }
            return (name, chosen)
        }
    }

    private mutating func collect(
        _ chosen: [(key: PickleValue, value: PickleValue)], behind prefix: String = ""
    ) throws(CheckpointError) {
        for (key, value) in chosen {
            guard let name = key.string else { continue }
            switch value {
            case .tensor, .unread, .int, .float: try add(prefix + name, value)
            default: break
            }
        }
    }

    /// The tensors of a TorchScript module: its attributes' and its modules', names joined by dots.
    /// An attribute that is neither parameter nor buffer is included: its kind is defined in the
    /// program only.
    private mutating func walk(_ root: Int) throws(CheckpointError) {
        var waiting = [(prefix: "", module: root)]
        while let (prefix, module) = waiting.popLast() {
            guard let attributes = heap.modules[module] else { continue }
            for (key, value) in heap.dictionaries[attributes] {
                guard let key = key.string else { continue }
                switch value {
                case .tensor, .unread: try add(prefix + key, value)
                case .module(let place):
                    waiting.append((prefix + key + ".", place))
                    try count(prefix.utf8.count + key.utf8.count + 1)
                default: break
                }
            }
        }
    }

    private mutating func add(_ name: String, _ value: PickleValue) throws(CheckpointError) {
        try count(name.utf8.count)
        entries.append((name, value))
    }

    private mutating func count(_ bytes: Int) throws(CheckpointError) {
        nameBytes += bytes + 8
        guard nameBytes <= Self.nameLimit else {
            throw .damaged(
                path,
                "has names of more than \(Self.nameLimit >> 20) MiB: its modules hold each other, or its keys are no names"
            )
        }
    }

    private static func missing(_ root: PickleValue, _ heap: PickleHeap, _ path: String)
        -> CheckpointError
    {
        guard let entries = heap.entries(root) else {
            return CheckpointError(
                path: path, problem: "holds no dictionary of tensors",
                remedy: "Save model.state_dict() with torch.save.")
        }
        let names = entries.compactMap { $0.key.string.map(shown) }
        let found = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
        return CheckpointError(
            path: path,
            problem:
                "holds no tensors at its top or under \(keys.joined(separator: ", ")); it has \(found.isEmpty ? "nothing" : found)",
            remedy:
                "Choose the state dict with PyTorch where you trust the file: torch.save(torch.load(path)[KEY], new_path)."
        )
    }
}
