import DenseKitComponents

/// The result of one training step.
public struct StepResult: Sendable {
    /// Losses and metrics by name, averaged over the passes, in the order in which the model
    /// returned them; then `loss`, the sum of the losses, and with clipping `grad_norm`. They are
    /// written to the log.
    public private(set) var loggedValues: [IterationRecord.LoggedValue] = []
    /// The sum of the losses, averaged over the passes.
    public private(set) var loss = 0.0
    /// The norm of all gradients before clipping; nil without clipping, and where the loss is not
    /// finite.
    public private(set) var gradientNorm: Double?
    /// Whether gradients of a scaled loss were not finite, so that the scale is lowered; false
    /// without a scaler.
    public internal(set) var gradientsOverflowed = false
    /// Whether the parameters were updated.
    public internal(set) var isTaken = false

    /// Whether the losses of all other processes are finite.
    var isFiniteElsewhere = true

    /// Whether the losses of all processes, and what was computed of the gradients and their norm,
    /// are finite. Metrics are not considered.
    public var isFinite: Bool {
        loss.isFinite && isFiniteElsewhere && gradientNorm?.isFinite != false
            && !gradientsOverflowed
    }

    /// Names that losses and metrics of a model cannot have: the log has other values under them.
    static let reserved: Set = [
        "loss", "grad_norm", "loss_scale", "lr", "time", "data_time", "iter", "step",
    ]

    /// Adds a pass that is one of `passes`.
    mutating func add(_ losses: Losses, total: Tensor, passes: Int) throws {
        for entry in losses.entries where Self.reserved.contains(entry.name) {
            throw TrainingError.reservedName(entry.name)
        }
        // Together: a GPU is waited for once.
        let values = try Tensor.items(losses.entries.map(\.value) + [total])
        for (entry, value) in zip(losses.entries, values) {
            add(entry.name, value / Double(passes))
        }
        let share = values[values.count - 1] / Double(passes)
        loss += share
        add("loss", share)
    }

    mutating func add(gradientNorm: Double) {
        self.gradientNorm = gradientNorm
        add("grad_norm", gradientNorm)
    }

    private mutating func add(_ name: String, _ value: Double) {
        if let index = loggedValues.firstIndex(where: { $0.name == name }) {
            loggedValues[index].value += value
        } else {
            loggedValues.append(IterationRecord.LoggedValue(name: name, value: value))
        }
    }
}
