import NN

/// What became of a model's tensors when weights were loaded, in words.
public struct LoadReport: Sendable, CustomStringConvertible {
    public struct Mismatch: Sendable, Equatable {
        public let name: String
        public let expected: [Int]
        public let found: [Int]
    }

    public internal(set) var matched: [String] = []
    /// In the model and not in the file: they keep their initial values.
    public internal(set) var missing: [String] = []
    /// In the file and not in the model.
    public internal(set) var unexpected: [String] = []
    /// In both, with different shapes.
    public internal(set) var mismatched: [Mismatch] = []

    /// Whether every tensor of the model was in the file, with its shape, and nothing else.
    public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

    /// Whether the file has some of the model's tensors, with their shapes, and nothing else.
    var fitsInPart: Bool { !matched.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

    public var description: String {
        var lines = [
            "matched \(matched.count), missing \(missing.count), unexpected \(unexpected.count), other shape \(mismatched.count)"
        ]
        func list(_ title: String, _ names: [String]) {
            guard !names.isEmpty else { return }
            let rest = names.count > 5 ? ", and \(names.count - 5) more" : ""
            lines.append("  \(title): " + names.prefix(5).joined(separator: ", ") + rest)
        }
        list("missing in the file", missing)
        list("unexpected in the file", unexpected)
        list("other shape", mismatched.map { "\($0.name) (model \($0.expected), file \($0.found))" })
        return lines.joined(separator: "\n")
    }
}

/// Weights that are not this model's.
public struct LoadError: Error, CustomStringConvertible, Sendable {
    public let report: LoadReport
    public let source: String

    public var description: String {
        "\(source) does not fit the model: \(report)\nThese are the weights of another model, or of another class list: use the config they "
            + "were trained with"
    }
}

extension Module {
    /// Copies `tensors` into the parameters and buffers of the same names.
    ///
    /// Throws `LoadError`, before anything is copied, unless names and shapes agree one to one.
    ///
    /// - Parameter allowsMissing: tensors that the file does not have keep their values, as for a pretrained backbone; but one at
    ///   least must be there.
    @discardableResult
    public func load(
        _ tensors: [String: Tensor], allowsMissing: Bool = false, source: String = "the weights"
    ) throws -> LoadReport {
        var report = LoadReport()
        var copies: [(Tensor, Tensor)] = []
        var rest = Set(tensors.keys)
        for entry in try namedTensors() {
            guard let value = tensors[entry.name] else {
                report.missing.append(entry.name)
                continue
            }
            rest.remove(entry.name)
            guard value.shape == entry.tensor.shape else {
                report.mismatched.append(.init(name: entry.name, expected: entry.tensor.shape, found: value.shape))
                continue
            }
            report.matched.append(entry.name)
            copies.append((entry.tensor, value))
        }
        report.unexpected = rest.sorted()
        guard report.isComplete || (allowsMissing && report.fitsInPart) else { throw LoadError(report: report, source: source) }
        try withoutGrad { for (target, value) in copies { try target.copyInPlace(value) } }
        try weightsDidChange()
        return report
    }
}
