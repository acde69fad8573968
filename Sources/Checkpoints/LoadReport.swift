import DenseKitNN

/// What became of a model's tensors and of a file's when weights were loaded, in words.
public struct LoadReport: Sendable, CustomStringConvertible {
    public struct Mismatch: Sendable, Equatable {
        public let name: String
        public let expected: [Int]
        public let found: [Int]
    }

    /// Whose naming the file follows, where it is not this project's own, and what stands before or within its keys.
    public internal(set) var format: String?
    /// Tensors of the model that the file filled.
    public internal(set) var matched: [String] = []
    /// Matched, after they were brought to the model's shape.
    public internal(set) var resized: [Mismatch] = []
    /// Begun anew, as asked for.
    public internal(set) var reinitialized: [String] = []
    /// In the model and not in the file: they keep their initial values.
    public internal(set) var missing: [String] = []
    /// Those of them that the file should have had.
    public internal(set) var missed: [String] = []
    /// Those of them that lie in parts which a file has to fill whole: the file is refused.
    public internal(set) var wanting: [String] = []
    /// In the file and neither in the model nor known to be of no use.
    public internal(set) var unexpected: [String] = []
    /// Those of them that lie in a part which the model has: the file is refused.
    public internal(set) var unplaced: [String] = []
    /// In the file, and named by its format as of no use here: the classifier of a backbone, the key encoder of MoCo, other parts of a model.
    public internal(set) var ignored = 0
    /// In the file, and left out as asked for.
    public internal(set) var leftOut: [String] = []
    /// In the file in a form that is not read, and not needed.
    public internal(set) var unread: [String] = []
    /// In both, with different shapes.
    public internal(set) var mismatched: [Mismatch] = []
    /// The parts that a file has to fill whole.
    var whole: [String] = []
    /// Keys of the file whose tensors were taken.
    var used: [String] = []

    /// Whether a tensor of the model lies in a part that a file has to fill whole.
    func isWhole(_ name: String) -> Bool { whole.contains { $0.isEmpty || name.hasPrefix($0 + ".") } }

    /// Whether every tensor of the model was in the file, with its shape, and nothing else.
    public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

    /// Matched tensors among those that had to be there, 0…1.
    public var share: Double { Double(matched.count) / Double(max(1, matched.count + missed.count + mismatched.count)) }

    /// What was asked for and leaves the model without a part of the file, or with parts that the file did not fill.
    public var warnings: [String] {
        var warnings: [String] = []
        if !leftOut.isEmpty {
            warnings.append(
                "\(Self.tensors(leftOut.count)) of the file left out, as ignore says; without them the model computes something else than "
                    + "it was trained to: \(Self.groups(leftOut))")
        }
        let others = Set(unexpected).subtracting(unplaced).sorted()
        if !others.isEmpty {
            warnings.append("\(Self.tensors(others.count)) of the file without place in the model: \(Self.groups(others))")
        }
        if !missed.isEmpty {
            warnings.append("not filled by the file, and begun anew: \(Self.tensors(missed.count)): \(Self.groups(missed))")
        }
        return warnings
    }

    public var description: String {
        var model = "filled \(matched.count), not filled \(missing.count), other shape \(mismatched.count)"
        if !resized.isEmpty { model += ", resized \(resized.count)" }
        if !reinitialized.isEmpty { model += ", reinitialised \(reinitialized.count)" }
        var file = "used \(matched.count), not needed \(ignored), without place \(unexpected.count)"
        if !leftOut.isEmpty { file += ", left out \(leftOut.count)" }
        var lines = ["model tensors: \(model); file tensors: \(file)" + (format.map { " (read as \($0))" } ?? "")]
        func list(_ title: String, _ names: [String]) {
            guard !names.isEmpty else { return }
            let rest = names.count > 5 ? ", and \(names.count - 5) more" : ""
            lines.append("  \(title): " + names.prefix(5).joined(separator: ", ") + rest)
        }
        func groups(_ title: String, _ names: [String], limit: Int = Self.groupLimit) {
            if !names.isEmpty { lines.append("  \(title): \(Self.groups(names, limit: limit))") }
        }
        func shapes(_ mismatches: [Mismatch]) -> [String] {
            mismatches.map { "\(printable($0.name)) (model \($0.expected), file \($0.found))" }
        }
        groups("not filled", missing, limit: 8)
        groups("without place in the model", unexpected)
        list("other shape", shapes(mismatched))
        list("resized", shapes(resized))
        list("reinitialised", reinitialized.map(printable))
        groups("left out, as asked", leftOut)
        list("in a form that is not read, and not needed", unread)
        return lines.joined(separator: "\n")
    }

    private static let groupLimit = 24

    /// `3 tensors`, or `1 tensor`.
    static func tensors(_ count: Int) -> String { count == 1 ? "1 tensor" : "\(count) tensors" }

    /// `layers.*.norm.weight (12), head.weight`: those that differ in their numbers alone as one.
    private static func groups(_ names: [String], limit: Int = groupLimit) -> String {
        let groups = KeyPattern.grouped(names)
        let rest = groups.dropFirst(limit).reduce(0) { $0 + $1.count }
        return groups.prefix(limit).map { printable($0.pattern) + ($0.count > 1 ? " (\($0.count))" : "") }.joined(separator: ", ")
            + (rest > 0 ? ", and \(rest) more" : "")
    }
}
