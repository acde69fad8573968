import CDenseKitTorch
import Glibc

/// Averages gradients over the processes of a group while the backward pass still runs, in buckets:
/// c10d's Reducer.
///
///     try reducer.prepareForward()
///     let loss = …
///     try reducer.prepareBackward(loss)
///     try loss.backward()             // gradients are means over the processes
///
/// Gradients of passes without these calls are added up locally and are part of the next mean.
public final class GradientReducer {
    /// The bytes of a bucket, and those of the first one that is sent.
    public static let bucketBytes = (first: 1 << 20, others: 25 << 20)

    /// A bucket of gradients that was sent.
    public struct Transfer: Sendable {
        /// Its bytes.
        public let bytes: Int
        /// When it was sent, in seconds of the monotonic clock.
        public let begin: Double
        /// When it had arrived, in seconds of the monotonic clock.
        public let end: Double
    }

    private let handle: ct_reducer
    /// Their reduction ends with the reducer.
    private let group: ProcessGroup

    /// A reducer of parameters, which keeps hooks in them until it is released.
    ///
    /// - Parameters:
    ///   - parameters: in the order of the forward pass, each with its name for messages; all
    ///     processes have the same
    ///   - group: of all processes
    ///   - traces: whether `transfers()` lists what was sent
    /// - Throws: `TorchError` where a parameter has no gradient.
    public init(
        _ parameters: [(name: String, tensor: Tensor)], over group: ProcessGroup,
        traces: Bool = false
    ) throws {
        var made: ct_reducer?
        let names = parameters.map { strdup($0.name) }
        defer { names.forEach { free($0) } }
        var constant = names.map { UnsafePointer($0) }
        let count = Int64(parameters.count)
        let status = withHandles(parameters.map(\.tensor)) { handles, _ in
            ct_reducer_open(
                group.handle, handles, &constant, count, Int64(Self.bucketBytes.first),
                Int64(Self.bucketBytes.others), traces, &made)
        }
        guard status == 0, let made else { throw failure("reducer", []) }
        handle = made
        self.group = group
    }

    deinit { ct_reducer_release(handle) }

    /// Announces the forward pass whose backward pass sends the gradients.
    public func prepareForward() throws {
        try check("reducer_prepare_forward") { ct_reducer_prepare_forward(handle) }
    }

    /// A loss whose last backward pass also counts as a use of `parameters`, which earlier passes of
    /// the step have used: libtorch 1.x would leave their gradients out of the mean if this pass
    /// does not use them on any process. `[] → []`
    ///
    /// - Parameters:
    ///   - parameters: those that have a gradient
    ///   - loss: of the last pass, a scalar
    /// - Returns: the same loss
    public static func covering(_ parameters: [Tensor], _ loss: Tensor) throws -> Tensor {
        try withHandles(parameters) { handles, count in
            try make("touch", loss) { ct_touch(loss.handle, handles, count, $0) }
        }
    }

    /// Announces the backward pass of `loss`.
    public func prepareBackward(_ loss: Tensor) throws {
        try check("reducer_prepare_backward") { ct_reducer_prepare_backward(handle, loss.handle) }
    }

    /// What was sent since the last call; empty for a reducer that does not trace.
    public func transfers() -> [Transfer] {
        var found = [ct_transfer](repeating: ct_transfer(), count: 4096)
        let count = ct_reducer_transfers(handle, &found, Int64(found.count))
        return found.prefix(Int(count)).map {
            Transfer(bytes: Int($0.bytes), begin: $0.begin, end: $0.end)
        }
    }
}
