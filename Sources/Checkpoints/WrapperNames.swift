/// The keys of a file without the names that wrappers of PyTorch put into them: `module.` of DataParallel, `_orig_mod.` of `torch.compile`, and
/// those of FSDP, activation checkpoints and trainers. Any number of them, in any order, at any depth.
public struct WrapperNames {
    /// What the wrappers call the module that they hold.
    private static let all: Set<Substring> = [
        "module", "_module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module", "_fpw_module",
        "_original_module", "_ddp_module",
    ]

    /// The keys without them, by the keys of the file.
    public let keys: [String: String]
    /// The names that were taken away.
    public let removed: [String]

    /// - Parameters:
    ///   - fileKeys: where two of them would become one, all of them stay as they are
    ///   - own: keys of a model, whose own names stay
    public init(_ fileKeys: some Collection<String>, keeping own: some Collection<String> = [String]()) {
        let kept = Self.all.intersection(own.flatMap { $0.split(separator: ".") })
        let wrappers = Self.all.subtracting(kept)
        var (keys, removed) = ([String: String](minimumCapacity: fileKeys.count), Set<Substring>())
        for key in fileKeys {
            let parts = key.split(separator: ".", omittingEmptySubsequences: false)
            // The last is a tensor's own name.
            let found = Set(parts.dropLast()).intersection(wrappers)
            removed.formUnion(found)
            keys[key] =
                found.isEmpty
                ? key : (parts.dropLast().filter { !found.contains($0) } + parts.suffix(1)).joined(separator: ".")
        }
        let isClear = removed.isEmpty || Set(keys.values).count == keys.count
        self.keys = isClear ? keys : Dictionary(fileKeys.map { ($0, $0) }) { first, _ in first }
        self.removed = isClear ? removed.map(String.init).sorted() : []
    }

    /// `beginning` of a file's keys without the wrappers' names.
    public func bare(_ beginning: String) -> String {
        beginning.split(separator: ".").filter { !removed.contains(String($0)) }.joined(separator: ".")
    }
}
