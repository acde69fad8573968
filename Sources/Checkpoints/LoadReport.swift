import NN

/// What became of a model's tensors when weights were loaded, in words.
public struct LoadReport: Sendable, CustomStringConvertible {
    public struct Mismatch: Sendable, Equatable {
        public let name: String
        public let expected: [Int]
        public let found: [Int]
    }

    /// Whose naming the file follows, where it is not this project's own.
    public internal(set) var format: String?
    public internal(set) var matched: [String] = []
    /// Matched, after they were brought to the model's shape.
    public internal(set) var resized: [Mismatch] = []
    /// Begun anew, as asked for.
    public internal(set) var reinitialized: [String] = []
    /// In the model and not in the file: they keep their initial values.
    public internal(set) var missing: [String] = []
    /// Those of them that the file should have had.
    var missed = 0
    /// In the file and not in the model.
    public internal(set) var unexpected: [String] = []
    /// In the file, and known to have no place here: the classifier of a backbone, the key encoder of MoCo.
    public internal(set) var ignored = 0
    /// In both, with different shapes.
    public internal(set) var mismatched: [Mismatch] = []

    /// Whether every tensor of the model was in the file, with its shape, and nothing else.
    public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

    /// Matched tensors among those that had to be there, 0…1.
    public var share: Double { Double(matched.count) / Double(max(1, matched.count + missed + mismatched.count)) }

    public var description: String {
        var counts = ["matched \(matched.count)", "missing \(missing.count)", "unexpected \(unexpected.count)"]
        counts.append("other shape \(mismatched.count)")
        if !resized.isEmpty { counts.append("resized \(resized.count)") }
        if !reinitialized.isEmpty { counts.append("reinitialised \(reinitialized.count)") }
        if ignored > 0 { counts.append("not needed \(ignored)") }
        var lines = [counts.joined(separator: ", ") + (format.map { " (read as \($0))" } ?? "")]
        func list(_ title: String, _ names: [String]) {
            guard !names.isEmpty else { return }
            let rest = names.count > 5 ? ", and \(names.count - 5) more" : ""
            lines.append("  \(title): " + names.prefix(5).map(printable).joined(separator: ", ") + rest)
        }
        func shapes(_ mismatches: [Mismatch]) -> [String] {
            mismatches.map { "\(printable($0.name)) (model \($0.expected), file \($0.found))" }
        }
        list("missing in the file", missing)
        list("unexpected in the file", unexpected)
        list("other shape", shapes(mismatched))
        list("resized", shapes(resized))
        list("reinitialised", reinitialized)
        return lines.joined(separator: "\n")
    }
}

/// Weights that are not this model's.
public struct LoadError: Error, CustomStringConvertible, Sendable {
    public let report: LoadReport
    public let source: String
    /// The share of tensors that had to match.
    public let atLeast: Double

    public init(report: LoadReport, source: String, atLeast: Double) {
        (self.report, self.source, self.atLeast) = (report, source, atLeast)
    }

    public var description: String {
        "\(source) does not fit the model: \(report)\n\(remedy)"
    }

    private var remedy: String {
        if !report.mismatched.isEmpty, report.share > 0.5 {
            let list = Set(report.mismatched.map { layer(of: $0.name) }).sorted().joined(separator: ", ")
            return
                "Tensors of other shapes belong to another class list or another size: use the config they were trained with, or begin them "
                + "anew with `weights: {file: …, reinitialize: [\(list)]}`"
        }
        if atLeast < 1, report.mismatched.isEmpty, report.share < atLeast, report.share > 0 {
            let percent = Int(report.share * 100)
            return
                "Only \(percent) % of the tensors are there, \(Int(atLeast * 100)) % are asked for: these may be the weights of another model; "
                + "if not, say `weights: {file: …, at_least: \(Double(percent) / 100)}`"
        }
        return "These are the weights of another model, or of another class list: use the config they were trained with"
    }
    /// The layer of a weight or a bias, which begin anew together; a tensor of its own otherwise.
    private func layer(of name: String) -> String {
        for ending in [".weight", ".bias"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
        return name
    }
}
