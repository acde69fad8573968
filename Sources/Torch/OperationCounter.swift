import Synchronization

/// The operations whose cost is counted; all others (activations, sums, softmax, max and average pooling, look-ups, copies) cost nothing.
public enum CountedOperation: String, Sendable, CaseIterable {
    /// Amounts are multiply-adds, without biases.
    case convolution, transposedConvolution, matrixProduct
    /// Amounts are elements.
    case batchNorm, layerNorm, groupNorm
    /// Amounts are elements of the result.
    case bilinear, nearest
    /// Amounts are elements of the input.
    case adaptiveAveragePool
}

/// Notes the operations of a model: how much each computes, and in which part of the model. Works on tensors without memory
/// (`Device.meta`) and with.
///
/// An operation with weights belongs to their module, by the weights' names. One without, such as attention or a resize, belongs to the
/// smallest part that holds both the weights used before it and those used after it within the same `scope`; to the scope where there is
/// no such part.
///
/// While it counts, layers compute what they are, one by one: nothing is folded or packed for speed.
public final class OperationCounter: Sendable {
    /// One operation that was run.
    public struct Entry: Sendable, Equatable {
        public let operation: CountedOperation
        /// The module that it belongs to; empty for the root.
        public fileprivate(set) var path: String
        /// In the unit of the operation.
        public let amount: Double
        /// The same by counters that take the positions of a transposed convolution from its result instead of its input.
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

    /// Whether modules that get their result by less work than their definition says (a text encoder whose prompts share a beginning) run
    /// by definition instead.
    public let countsDefinitions: Bool
    private let state = Mutex(State())

    public init(countsDefinitions: Bool = true) { self.countsDefinitions = countsDefinitions }

    /// Whether operations on this thread are being counted.
    public static var isCounting: Bool { current != nil }

    /// Whether operations on this thread are being counted, and modules are to run by definition.
    public static var wantsDefinitions: Bool { current?.countsDefinitions ?? false }

    /// Counts the operations of `body`. Synchronous, since counting belongs to the thread.
    public func count<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Self.$current.withValue(self, operation: body)
    }

    /// What was counted so far, in order.
    public var entries: [Entry] {
        state.withLock { state in
            Self.settle(&state, before: state.scope)
            return state.entries
        }
    }

    /// Runs a part of a model, so that operations without weights are counted in it and not between parts. Just runs it where nobody counts.
    public static func scope<Result>(_ path: String, _ body: () throws -> Result) rethrows -> Result {
        guard let counter = current else { return try body() }
        let outer = counter.open(path)
        defer { counter.close(outer) }
        return try body()
    }

    /// The same for a part that has the weight `weight`: for operations on something made of it, such as a resized grid of positions.
    public static func scope<Result>(of weight: Tensor, _ body: () throws -> Result) rethrows -> Result {
        guard isCounting, let name = weight.name else { return try body() }
        return try scope(module(of: name), body)
    }

    /// `neck.0.conv.weight` → `neck.0.conv`
    private static func module(of name: String) -> String { name.lastIndex(of: ".").map { String(name[..<$0]) } ?? "" }

    private func open(_ path: String) -> String {
        state.withLock { state in
            Self.settle(&state, before: state.scope)
            defer { (state.scope, state.last) = (path, path) }
            return state.scope
        }
    }

    private func close(_ outer: String) {
        state.withLock { state in
            Self.settle(&state, before: state.scope)
            (state.scope, state.last) = (outer, outer)
        }
    }

    /// Notes an operation. The first weight with a name tells its module.
    func add(_ operation: CountedOperation, _ amount: Double, atOutputs: Double? = nil, _ weights: Tensor?...) {
        let path = weights.lazy.compactMap { $0?.name }.first.map(Self.module)
        let entry = Entry(operation: operation, path: path ?? "", amount: amount, amountAtOutputs: atOutputs ?? amount)
        state.withLock { state in
            guard let path else { return state.waiting.append(entry) }
            Self.settle(&state, before: path)
            state.last = path
            state.entries.append(entry)
        }
    }

    /// Finds the part of what waits, which lies between the weights met last and those of the module `next`.
    private static func settle(_ state: inout State, before next: String) {
        guard !state.waiting.isEmpty else { return }
        let common = zip(state.last.split(separator: "."), next.split(separator: ".")).prefix { $0 == $1 }.map(\.0)
        let path = common.isEmpty ? state.scope : common.joined(separator: ".")
        for var entry in state.waiting {
            entry.path = path
            state.entries.append(entry)
        }
        state.waiting = []
    }
}
