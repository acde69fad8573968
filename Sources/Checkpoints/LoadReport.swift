import DenseKitNN

/// What happened to the tensors of a model and of a weight file when it was loaded. Its description
/// is a text of several lines.
public struct LoadReport: Sendable, CustomStringConvertible {
    /// A tensor whose shape in the file differs from the model's.
    public struct Mismatch: Sendable, Equatable {
        /// The tensor's key in the model.
        public let name: String
        /// Its shape in the model.
        public let expected: [Int]
        /// Its shape in the file.
        public let found: [Int]
    }

    /// The project whose naming the file follows, with prefixes that were skipped; nil for this
    /// project's own keys.
    public internal(set) var format: String?
    /// Keys of the model's tensors that the file filled.
    public internal(set) var matched: [String] = []
    /// Those of `matched` that were adapted to the model's shape.
    public internal(set) var resized: [Mismatch] = []
    /// Keys of the model's tensors that keep their initial values, as the user requested.
    public internal(set) var reinitialized: [String] = []
    /// Keys of the model's tensors that the file lacks: they keep their initial values.
    public internal(set) var missing: [String] = []
    /// Those of `missing` that the file should have had; they lower `share`.
    public internal(set) var missed: [String] = []
    /// Those of `missed` that lie in parts which a file has to fill completely: the file is refused
    /// for them.
    public internal(set) var wanting: [String] = []
    /// Keys of the file's tensors that the model lacks and that are not known to be unneeded.
    public internal(set) var unexpected: [String] = []
    /// Those of `unexpected` that belong to a part which the model has: the file is refused for
    /// them.
    public internal(set) var unplaced: [String] = []
    /// The number of the file's tensors that its format names as not needed here: the classifier of
    /// a backbone, the key encoder of MoCo, other parts of a model.
    public internal(set) var ignored = 0
    /// Keys of the file's tensors that were not loaded, as the user requested.
    public internal(set) var leftOut: [String] = []
    /// The file's tensors in a form that cannot be read and is not needed, each with the reason.
    public internal(set) var unread: [String] = []
    /// Tensors that are in model and file with different shapes.
    public internal(set) var mismatched: [Mismatch] = []
    /// The parts that a file has to fill whole.
    var whole: [String] = []
    /// Keys of the file whose tensors were taken.
    var used: [String] = []

    /// Whether a tensor of the model lies in a part that a file has to fill whole.
    func isWhole(_ name: String) -> Bool {
        whole.contains { $0.isEmpty || name.hasPrefix($0 + ".") }
    }

    /// Whether model and file have the same tensors with equal shapes.
    public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

    /// The share, 0…1, of matched tensors among those that the file had to fill.
    public var share: Double {
        Double(matched.count) / Double(max(1, matched.count + missed.count + mismatched.count))
    }

    /// Warnings on tensors of the file that were not loaded, and on tensors of the model that the
    /// file did not fill.
    public var warnings: [String] {
        var warnings: [String] = []
        if !leftOut.isEmpty {
            warnings.append(
                "\(Self.tensors(leftOut.count)) of the file left out, as ignore says; without them the model computes something else than "
                    + "it was trained to: \(Self.groups(leftOut))")
        }
        let others = Set(unexpected).subtracting(unplaced).sorted()
        if !others.isEmpty {
            warnings.append(
                "\(Self.tensors(others.count)) of the file without place in the model: \(Self.groups(others))"
            )
        }
        if !missed.isEmpty {
            warnings.append(
                "not filled by the file, and left at their initial values: \(Self.tensors(missed.count)): \(Self.groups(missed))"
            )
        }
        return warnings
    }

    /// The counts of both sides in one line, then the tensors that need a look, a list a line.
    public var description: String {
        var model =
            "filled \(matched.count), not filled \(missing.count), other shape \(mismatched.count)"
        if !resized.isEmpty { model += ", resized \(resized.count)" }
        if !reinitialized.isEmpty { model += ", reinitialised \(reinitialized.count)" }
        var file = "used \(matched.count), not needed \(ignored), without place \(unexpected.count)"
        if !leftOut.isEmpty { file += ", left out \(leftOut.count)" }
        var lines = [
            "model tensors: \(model); file tensors: \(file)"
                + (format.map { " (read as \($0))" } ?? "")
        ]
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
        groups("left out, as requested", leftOut)
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
        return groups.prefix(limit).map {
            printable($0.pattern) + ($0.count > 1 ? " (\($0.count))" : "")
        }.joined(separator: ", ")
            + (rest > 0 ? ", and \(rest) more" : "")
    }
}
