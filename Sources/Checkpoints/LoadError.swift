import DenseKitErrors

/// Thrown where weights do not fit the model; no tensor was copied.
public struct LoadError: DenseKitError {
    /// Which tensors of the model and of the file match.
    public let report: LoadReport
    /// The file's name, for messages.
    public let source: String
    /// The share, 0…1, of tensors that the file had to fill.
    public let atLeast: Double

    /// - Parameters:
    ///   - report: which tensors match
    ///   - source: the file's name, for messages
    ///   - atLeast: the share, 0…1, of tensors that the file had to fill
    public init(report: LoadReport, source: String, atLeast: Double) {
        self.report = report
        self.source = source
        self.atLeast = atLeast
    }

    public var place: String? { source }
    public var problem: String { "does not fit the model: \(report)" }
    public var origin: ErrorOrigin { .input }

    public var remedy: String? {
        let another =
            "These are the weights of another model, or of another class list: use the config they were trained with"
        if report.matched.isEmpty, report.mismatched.isEmpty {
            return
                "No tensor of the file has a place in this model: these are the weights of another one, or under names that are not known "
                + "here; docs/weights.md lists those that are"
        }
        // Whole files are wanted where no setting is at hand: a test, a run's own checkpoint.
        let isChosen = atLeast < 1
        if report.share > 0.5, !report.mismatched.isEmpty, report.unplaced.isEmpty,
            report.wanting.isEmpty
        {
            guard report.mismatched.contains(where: { !report.isWhole($0.name) }) else {
                return
                    "Tensors of other shapes within an encoder belong to another size of it: use the settings of the file (width, depth, "
                    + "patch size, lengths)"
            }
            return
                "Tensors of other shapes belong to another class list or another size: use the config they were trained with, or initialize "
                + "them again with `weights: {file: …, reinitialize: [\(anew)]}`"
        }
        guard isChosen, report.share > 0.5 || (report.share > 0 && report.mismatched.isEmpty) else {
            return another
        }
        if !report.unplaced.isEmpty || !report.wanting.isEmpty {
            return
                "\(variant): use the model that these weights belong to. To take the rest all the same, which is no longer what they were "
                + "trained to compute, say `weights: {\(settings)}`"
        }
        if report.mismatched.isEmpty, report.share < atLeast {
            let percent = Int(report.share * 100)
            return
                "Only \(percent) % of the tensors are there, \(Int(atLeast * 100)) % are expected: these may be the weights of another model; "
                + "if not, say `weights: {file: …, at_least: \(Double(percent) / 100)}`"
        }
        return another
    }

    /// What is wrong with a file that is nearly the model's.
    private var variant: String {
        var parts: [String] = []
        if !report.unplaced.isEmpty {
            parts.append(
                "\(LoadReport.tensors(report.unplaced.count)) of the file without place in it")
        }
        if !report.wanting.isEmpty {
            parts.append(
                "\(LoadReport.tensors(report.wanting.count)) of the model would stay at random")
        }
        return "The file holds another variant of this model (\(parts.joined(separator: ", ")))"
    }

    /// The setting with which the file is taken.
    private var settings: String {
        var settings = ["file: …"]
        if !anew.isEmpty { settings.append("reinitialize: [\(anew)]") }
        if !report.unplaced.isEmpty {
            settings.append(
                "ignore: [\(list(KeyPattern.covering(report.unplaced, but: report.used)))]")
        }
        // Layers that are initialized again are no longer expected in the file.
        let rest = report.missed.count - report.wanting.count
        let share = Double(report.matched.count) / Double(max(1, report.matched.count + rest))
        if share < atLeast { settings.append("at_least: \(Double(Int(share * 100)) / 100)") }
        return settings.joined(separator: ", ")
    }

    /// The layers that have to be initialized again.
    private var anew: String {
        let wanting = KeyPattern.covering(
            report.wanting, but: report.matched + report.mismatched.map(\.name))
        return list(wanting + Set(report.mismatched.map { layer(of: $0.name) }).sorted())
    }

    private func list(_ patterns: [String]) -> String {
        patterns.map { name in
            let text = printable(name)
            return text.hasPrefix("*") || text.contains { ",:{}[]#'\" ".contains($0) }
                ? "'\(text)'" : text
        }.joined(separator: ", ")
    }

    /// The layer of a weight or a bias, which are initialized again together; a tensor of its own
    /// otherwise.
    private func layer(of name: String) -> String {
        for ending in [".weight", ".bias"] where name.hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return name
    }
}
