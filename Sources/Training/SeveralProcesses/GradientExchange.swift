import DenseKitComponents
import DenseKitDistributed

/// What the processes of a training step tell each other: whether all losses are finite, and their
/// gradients, averaged during the last backward pass.
final class GradientExchange {
    private let processes: Processes
    private let reducer: GradientReducer

    /// - Parameters:
    ///   - parameters: those that are trained, in the order of the forward pass
    ///   - traces: whether what is sent is noted, for a benchmark
    /// Nil for one process.
    init?(_ parameters: [NamedTensor], _ processes: Processes, traces: Bool = false) throws {
        guard let group = processes.gradients else { return nil }
        self.processes = processes
        reducer = try GradientReducer(
            parameters.map { ($0.name, $0.tensor) }, over: group, traces: traces)
    }

    /// Before the forward pass.
    ///
    /// - Parameter isLast: whether the gradients of the step are complete after its backward pass
    func beforeForward(isLast: Bool) throws { if isLast { try reducer.prepareForward() } }

    /// Whether the losses of all processes are finite. A backward pass with collectives is one for
    /// all processes, or for none.
    func allFinite(_ loss: Double) throws -> Bool { try processes.sum([loss])[0].isFinite }

    /// Before the backward pass of `loss`.
    func beforeBackward(_ loss: Tensor, isLast: Bool) throws {
        if isLast { try reducer.prepareBackward(loss) }
    }

    /// The buckets that were sent since the last call.
    func transfers() -> [GradientReducer.Transfer] { reducer.transfers() }
}
