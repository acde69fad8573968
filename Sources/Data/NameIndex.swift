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
    /// The first name of those that are the same in lower case, where many are asked for.
    private let byLowerCase: [String: String]?

    /// - Parameter expectsMisses: whether `near` will be asked often
    init(_ files: [String], expectsMisses: Bool = false) {
        byNormalForm = Dictionary(grouping: files) { $0 }
        byLowerCase = expectsMisses ? Dictionary(files.map { ($0.lowercased(), $0) }) { min($0, $1) } : nil
    }

    /// The file of this name: the one with the same bytes, else the only one with the same normal form.
    func file(_ name: String) -> Match {
        let candidates = byNormalForm[name] ?? []
        if let exact = candidates.first(where: { $0.utf8.elementsEqual(name.utf8) }) { return .found(exact) }
        return candidates.isEmpty ? .none : candidates.count == 1 ? .found(candidates[0]) : .ambiguous(candidates)
    }

    func contains(_ name: String) -> Bool { byNormalForm[name] != nil }

    /// A file whose name is the same but for upper and lower case.
    func near(_ name: String) -> String? {
        let folded = name.lowercased()
        if let byLowerCase { return byLowerCase[folded] }
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
