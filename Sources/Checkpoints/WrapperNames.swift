/// The keys of a file without the names that wrappers of PyTorch insert: `module.` of DataParallel,
/// `_orig_mod.` of `torch.compile`, and those of FSDP, activation checkpoints and trainers; any
/// number of them, in any order, at any depth.
public struct WrapperNames {
    /// What the wrappers call the module that they hold.
    private static let all: Set<Substring> = [
        "module", "_module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
        "_forward_module", "_fpw_module",
        "_original_module", "_ddp_module",
    ]

    /// The keys without wrappers' names, by the keys of the file.
    public let keys: [String: String]
    /// The wrappers' names that were removed.
    public let removed: [String]

    /// - Parameters:
    ///   - fileKeys: the keys of the file; all stay as they are if two of them would become equal
    ///   - own: keys of the model, whose names are never removed
    public init(
        _ fileKeys: some Collection<String>, keeping own: some Collection<String> = [String]()
    ) {
        let kept = Self.all.intersection(own.flatMap { $0.split(separator: ".") })
        let wrappers = Self.all.subtracting(kept)
        var keys = [String: String](minimumCapacity: fileKeys.count)
        var removed = Set<Substring>()
        for key in fileKeys {
            let parts = key.split(separator: ".", omittingEmptySubsequences: false)
            // The last is a tensor's own name.
            let found = Set(parts.dropLast()).intersection(wrappers)
            removed.formUnion(found)
            keys[key] =
                found.isEmpty
                ? key
                : (parts.dropLast().filter { !found.contains($0) } + parts.suffix(1)).joined(
                    separator: ".")
        }
        let isClear = removed.isEmpty || Set(keys.values).count == keys.count
        self.keys = isClear ? keys : Dictionary(fileKeys.map { ($0, $0) }) { first, _ in first }
        self.removed = isClear ? removed.map(String.init).sorted() : []
    }

    /// A prefix of the file's keys without the wrappers' names that were removed from them.
    public func bare(_ beginning: String) -> String {
        beginning.split(separator: ".").filter { !removed.contains(String($0)) }.joined(
            separator: ".")
    }
}
