import DenseKitComponents
import DenseKitDistributed

/// What the processes of a training step tell each other: whether all losses are finite, and their
/// gradients, averaged during the last backward pass.
final class GradientExchange {
    private let processes: Processes
    private let reducer: GradientReducer
    private let parameters: [Tensor]

    /// - Parameters:
    ///   - parameters: those that are trained, in the order of the forward pass
    ///   - traces: whether what is sent is noted, for a benchmark
    /// Nil for one process.
    init?(_ parameters: [NamedTensor], _ processes: Processes, traces: Bool = false) throws {
        guard let group = processes.gradients else { return nil }
        self.processes = processes
        self.parameters = parameters.map(\.tensor)
        try parameters.forEach { try Self.layOut($0.tensor) }
        reducer = try GradientReducer(
            parameters.map { ($0.name, $0.tensor) }, over: group, traces: traces)
    }

    /// Gives the weights `[o, c, 1, 1]` of a convolution the strides that their gradients have from
    /// maps that lie by channels: buckets have the strides of the weights, and the Reducer copies
    /// once more where a gradient has others.
    private static func layOut(_ weights: Tensor) throws {
        let shape = weights.shape
        guard shape.count == 4, shape[2] == 1, shape[3] == 1 else { return }
        try withoutGrad {
            let channels = shape[1]
            let strides = [channels, 1, channels, channels]
            try weights.setData(weights.detached().cloned().asStrided(shape, strides: strides))
        }
    }

    /// Before the forward pass.
    ///
    /// - Parameter isLast: whether the gradients of the step are complete after its backward pass
    func beforeForward(isLast: Bool) throws { if isLast { try reducer.prepareForward() } }

    /// Whether the losses of all processes are finite. A backward pass with collectives is one for
    /// all processes, or for none.
    func allFinite(_ loss: Double) throws -> Bool { try processes.sum([loss])[0].isFinite }

    /// Before the backward pass of `loss`.
    ///
    /// - Returns: the loss to go back from
    func beforeBackward(_ loss: Tensor, isLast: Bool) throws -> Tensor {
        guard isLast else { return loss }
        let used = parameters.filter { $0.grad != nil }
        let covered = used.isEmpty ? loss : try GradientReducer.covering(used, loss)
        try reducer.prepareBackward(covered)
        return covered
    }

    /// The buckets that were sent since the last call.
    func transfers() -> [GradientReducer.Transfer] { reducer.transfers() }
}
