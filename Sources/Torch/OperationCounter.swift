import Synchronization

/// The operations whose cost is counted. All others (activations, sums, softmax, max and average
/// pooling, look-ups, copies) count as free.
public enum CountedOperation: String, Sendable, CaseIterable {
    /// Counted in multiply-adds, without biases.
    case convolution, transposedConvolution, matrixProduct
    /// Counted in elements.
    case batchNorm, layerNorm, groupNorm
    /// Counted in elements of the result.
    case bilinear, nearest
    /// Counted in elements of the input.
    case adaptiveAveragePool
}

/// Records the operations of a model: how much each computes, and in which module. Works on tensors
/// with and without memory (`Device.meta`).
///
/// An operation with weights belongs to the module of the weights, by their names. One without,
/// such as attention or a resize, belongs to the smallest module that holds both the weights used
/// before it and those used after it within one `scope`; where there is no such module, to the
/// scope.
///
/// While a counter is active, layers run separately, by their definition: nothing is folded or
/// packed for speed.
public final class OperationCounter: Sendable {
    /// One operation that was run.
    public struct Entry: Sendable, Equatable {
        /// The kind of operation, which decides the unit of `amount`.
        public let operation: CountedOperation
        /// Path of the module that the operation belongs to; empty for the root.
        public fileprivate(set) var path: String
        /// Cost in the unit of the operation: multiply-adds or elements.
        public let amount: Double
        /// `amount`, except for a transposed convolution: its multiply-adds counted at the
        /// positions of its result instead of its input, as some counters do.
        public let amountAtOutputs: Double
    }

    private struct State {
        var entries: [Entry] = []
        /// Operations without weights, whose part is known when the next weights are met.
        var waiting: [Entry] = []
        /// The module of the weights that were met last, or the scope that was opened since.
        var last = ""
        var scope = ""
    }

    @TaskLocal static var current: OperationCounter?

    /// Whether modules that can take a shorter way to their result (a text encoder whose prompts
    /// share a beginning) run by definition instead.
    public let countsDefinitions: Bool
    private let state = Mutex(State())

    /// A counter without entries.
    ///
    /// - Parameter countsDefinitions: whether modules with a shorter way to their result run by
    ///   definition while it counts
    public init(countsDefinitions: Bool = true) { self.countsDefinitions = countsDefinitions }

    /// Whether operations on this thread are being counted.
    public static var isCounting: Bool { current != nil }

    /// Whether operations on this thread are being counted and modules must run by definition.
    public static var wantsDefinitions: Bool { current?.countsDefinitions ?? false }

    /// Counts the operations of `body`, and adds them to `entries`. Synchronous, since counting
    /// belongs to the thread.
    public func count<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Self.$current.withValue(self, operation: body)
    }

    /// The operations counted so far, in order.
    public var entries: [Entry] {
        state.withLock { state in
            Self.settle(&state, before: state.scope)
            return state.entries
        }
    }

    /// Runs `body` as the part `path` of a model, so that its operations without weights are
    /// counted there. Without an active counter it only runs `body`.
    public static func scope<Result>(_ path: String, _ body: () throws -> Result) rethrows -> Result
    {
        guard let counter = current else { return try body() }
        let outer = counter.open(path)
        defer { counter.close(outer) }
        return try body()
    }

    /// Runs `body` as the module that owns `weight`, so that operations on something made of the
    /// weight, such as a resized grid of position embeddings, are counted there. Without an active
    /// counter, or where the weight has no name, it only runs `body`.
    public static func scope<Result>(of weight: Tensor, _ body: () throws -> Result) rethrows
        -> Result
    {
        guard isCounting, let name = weight.name else { return try body() }
        return try scope(module(of: name), body)
    }

    /// `neck.0.conv.weight` → `neck.0.conv`
    private static func module(of name: String) -> String {
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
    }

    private func open(_ path: String) -> String {
        state.withLock { state in
            Self.settle(&state, before: state.scope)
            defer {
                state.scope = path
                state.last = path
            }
            return state.scope
        }
    }

    private func close(_ outer: String) {
        state.withLock { state in
            Self.settle(&state, before: state.scope)
            state.scope = outer
            state.last = outer
        }
    }

    /// Notes an operation. The first weight with a name identifies its module.
    func add(
        _ operation: CountedOperation, _ amount: Double, atOutputs: Double? = nil,
        _ weights: Tensor?...
    ) {
        let path = weights.lazy.compactMap { $0?.name }.first.map(Self.module)
        let entry = Entry(
            operation: operation, path: path ?? "", amount: amount,
            amountAtOutputs: atOutputs ?? amount)
        state.withLock { state in
            guard let path else { return state.waiting.append(entry) }
            Self.settle(&state, before: path)
            state.last = path
            state.entries.append(entry)
        }
    }

    /// Finds the part of what waits, which lies between the weights met last and those of the
    /// module `next`.
    private static func settle(_ state: inout State, before next: String) {
        guard !state.waiting.isEmpty else { return }
        let common = zip(state.last.split(separator: "."), next.split(separator: ".")).prefix {
            $0 == $1
        }.map(\.0)
        let path = common.isEmpty ? state.scope : common.joined(separator: ".")
        for var entry in state.waiting {
            entry.path = path
            state.entries.append(entry)
        }
        state.waiting = []
    }
}
