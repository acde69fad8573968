import Synchronization

/// The files of a folder, found by names whose bytes may be composed otherwise: an `é` is one
/// character on Linux and two in files from macOS (Unicode's normal forms NFC and NFD).
final class NameIndex: Sendable {
    enum Match {
        case found(String)
        case none
        /// Several files whose names look the same, and none has these bytes.
        case ambiguous([String])
    }

    /// Strings are equal, and hash alike, where their normal forms are.
    private let byNormalForm: [String: [String]]
    /// What is there in place of a name; made once one is missing.
    private let neighbours = Mutex<Neighbours?>(nil)

    init(_ files: [String]) { byNormalForm = Dictionary(grouping: files) { $0 } }

    /// The file of this name: the one with the same bytes, else the only one with the same normal
    /// form.
    func file(_ name: String) -> Match {
        let candidates = byNormalForm[name] ?? []
        if let exact = candidates.first(where: { $0.utf8.elementsEqual(name.utf8) }) {
            return .found(exact)
        }
        return candidates.isEmpty
            ? .none : candidates.count == 1 ? .found(candidates[0]) : .ambiguous(candidates)
    }

    func contains(_ name: String) -> Bool { byNormalForm[name] != nil }

    /// A file whose name is the same but for upper and lower case.
    func near(_ name: String) -> String? { knownNeighbours().byLowerCase[name.lowercased()] }

    /// A file of the same name with another suffix.
    ///
    /// - Parameter stem: the name without its suffix
    func other(_ stem: String) -> String? { knownNeighbours().byStem[stem] }

    private func knownNeighbours() -> Neighbours {
        neighbours.withLock { neighbours in
            let known = neighbours ?? Neighbours(byNormalForm.keys)
            neighbours = known
            return known
        }
    }

    /// `a.png (a.png) and b.png (\xc3…)`: names that look the same, with their bytes.
    static func shown(_ names: [String]) -> String {
        names.map { "\($0) (\($0.escapedBytes))" }.joined(separator: " and ")
    }
}

/// Names by what may have been meant.
private struct Neighbours {
    /// The first name of those that are the same in lower case.
    var byLowerCase: [String: String] = [:]
    /// The first name of those that are the same up to one of their dots.
    var byStem: [String: String] = [:]

    init(_ names: some Sequence<String>) {
        for name in names {
            let folded = name.lowercased()
            byLowerCase[folded] = min(byLowerCase[folded] ?? name, name)
            for dot in name.indices.reversed() {
                if name[dot] == "/" { break }
                guard name[dot] == "." else { continue }
                let stem = String(name[..<dot])
                byStem[stem] = min(byStem[stem] ?? name, name)
            }
        }
    }
}

/// A name as its bytes: what a file system compares.
struct NameBytes: Hashable {
    private let bytes: [UInt8]

    init(_ name: String) { bytes = Array(name.utf8) }
}
