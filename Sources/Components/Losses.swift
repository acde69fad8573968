/// The named scalars of a training step: terms, the sum of which is minimised, and metrics, which
/// are for the log alone.
///
///     var losses = Losses()
///     losses.add(term: "dice", try dice(logits, labels))
///     losses.add(metric: "acc", accuracy)
///
/// The name does not decide which of the two a scalar is: the `add` method does.
public struct Losses {
    /// Whether a scalar is minimised or only logged.
    public enum Kind: Sendable {
        /// Minimised, as a part of the sum of all terms.
        case term
        /// Shown in the log only: no gradient comes from it.
        case metric
    }

    /// A scalar with its name in the log, such as `decode.loss_ce`.
    public struct Entry {
        /// Its name in the log, with the prefixes of the heads: `decode.loss_ce`.
        public let name: String
        /// The scalar, a tensor of shape `[]`.
        public let value: Tensor
        /// Whether it is minimised or only logged.
        public let kind: Kind
    }

    /// Terms and metrics in the order in which they were added: the order of the log.
    public private(set) var entries: [Entry] = []

    /// No entries.
    public init() {}

    /// The entries that are minimised, in order.
    public var terms: [Entry] { entries.filter { $0.kind == .term } }
    /// The entries for the log alone, in order.
    public var metrics: [Entry] { entries.filter { $0.kind == .metric } }

    /// Adds a scalar `[]` that is minimised.
    public mutating func add(term name: String, _ value: Tensor) {
        entries.append(Entry(name: name, value: value, kind: .term))
    }

    /// Adds a scalar `[]` for the log, such as an accuracy in percent.
    public mutating func add(metric name: String, _ value: Tensor) {
        entries.append(Entry(name: name, value: value, kind: .metric))
    }

    /// Adds the sum of one loss over the levels of a pyramid as a term, and records the losses of
    /// the levels under `name`, as one tensor `[levels]`. Nothing is added where `levels` is empty.
    public mutating func add(term name: String, levels: [Tensor], _ step: ForwardPass) throws {
        guard let first = levels.first else { return }
        try step.record(name, Tensor.stack(levels))
        add(term: name, try levels.dropFirst().reduce(first) { try $0 + $1 })
    }

    /// Adds the entries of `other`, with `prefix.` before their names; unchanged where `prefix` is
    /// nil.
    public mutating func add(_ other: Losses, prefix: String? = nil) {
        for entry in other.entries {
            let name = prefix.map { "\($0).\(entry.name)" } ?? entry.name
            entries.append(Entry(name: name, value: entry.value, kind: entry.kind))
        }
    }

    /// The sum of the terms, `[]`, or nil where there is none.
    public func total() throws -> Tensor? {
        let values = terms.map(\.value)
        guard let first = values.first else { return nil }
        return try values.dropFirst().reduce(first) { try $0 + $1 }
    }
}
