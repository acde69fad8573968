import DenseKitComponents

/// What a step of training gave.
public struct StepResult: Sendable {
    /// Terms and metrics by name, the mean over the passes, in the order in which they came; then `loss`, the sum of the terms, and where
    /// gradients are clipped `grad_norm`: what the log shows.
    public private(set) var figures: [IterationRecord.Figure] = []
    /// The sum of the terms, the mean over the passes.
    public private(set) var loss = 0.0
    /// The common norm of the gradients before they were clipped; nil where they are not, and where the loss is not finite.
    public private(set) var gradientNorm: Double?
    /// Whether the parameters were changed.
    public internal(set) var isTaken = false

    /// Whether the loss and the norm of the gradients are numbers to learn from. Metrics have no say in it.
    public var isFinite: Bool { loss.isFinite && gradientNorm?.isFinite != false }

    /// Names that losses and metrics of a model cannot have: the log says other things under them.
    static let reserved: Set = ["loss", "grad_norm", "lr", "time", "data_time", "iter", "step"]

    /// Adds a pass that is one of `passes`.
    mutating func add(_ losses: Losses, total: Tensor, passes: Int) throws {
        for entry in losses.entries {
            guard !Self.reserved.contains(entry.name) else { throw TrainingError.reservedName(entry.name) }
            add(entry.name, try entry.value.item() / Double(passes))
        }
        let share = try total.item() / Double(passes)
        loss += share
        add("loss", share)
    }

    mutating func add(gradientNorm: Double) {
        self.gradientNorm = gradientNorm
        add("grad_norm", gradientNorm)
    }

    private mutating func add(_ name: String, _ value: Double) {
        if let index = figures.firstIndex(where: { $0.name == name }) {
            figures[index].value += value
        } else {
            figures.append(IterationRecord.Figure(name: name, value: value))
        }
    }
}
