/// The files of a folder, found by names whose bytes may be composed otherwise: an `é` is one character on Linux and two in files
/// from macOS (Unicode's normal forms NFC and NFD).
struct NameIndex {
    enum Match {
        case found(String)
        case none
        /// Several files whose names look the same, and none has these bytes.
        case ambiguous([String])
    }

    /// Strings are equal, and hash alike, where their normal forms are.
    private let byNormalForm: [String: [String]]

    init(_ files: [String]) {
        byNormalForm = Dictionary(grouping: files) { $0 }
    }

    /// The file of this name: the one with the same bytes, else the only one with the same normal form.
    func file(_ name: String) -> Match {
        let candidates = byNormalForm[name] ?? []
        if let exact = candidates.first(where: { $0.utf8.elementsEqual(name.utf8) }) { return .found(exact) }
        return candidates.isEmpty ? .none : candidates.count == 1 ? .found(candidates[0]) : .ambiguous(candidates)
    }

    func contains(_ name: String) -> Bool { byNormalForm[name] != nil }

    /// A file that `name` may mean: the same in upper or lower case, or one whose bytes are Latin-1 in place of UTF-8.
    func near(_ name: String) -> String? {
        let folded = name.lowercased()
        return byNormalForm.keys.filter { $0.lowercased() == folded }.min()
    }

    /// A file of the same name with another suffix.
    ///
    /// - Parameter stem: the name without its suffix
    func other(_ stem: String) -> String? {
        byNormalForm.keys.filter { $0.hasPrefix(stem + ".") && !$0.dropFirst(stem.count + 1).contains("/") }.min()
    }

    /// `a.png (a.png) and b.png (\xc3…)`: names that look the same, with their bytes.
    static func shown(_ names: [String]) -> String {
        names.map { "\($0) (\($0.escapedBytes))" }.joined(separator: " and ")
    }
}

/// A name as its bytes: what a file system compares.
struct NameBytes: Hashable {
    private let bytes: [UInt8]

    init(_ name: String) { bytes = Array(name.utf8) }
}
