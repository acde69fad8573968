import DenseKitDistributed
import DenseKitNN
import DenseKitTorch
import SeveralProcesses
import Testing

/// A batch norm over the shards of a batch, against one over the whole batch.
@Suite struct SyncBatchNormTests {
    /// What a training step of a norm gives: everything that can differ.
    struct Outcome: Sendable {
        var output: [Float]
        var gradient: [Float]
        var weight: [Float]
        var bias: [Float]
        var mean: [Float]
        var variance: [Float]
    }

    static let channels = 5

    /// Images `from ..< to` of a batch of eight, and the weights of their loss.
    static func inputs(_ from: Int, _ to: Int, _ layout: String) throws -> (Tensor, Tensor) {
        let generator = try RandomGenerator(seed: 7)
        let shape = [8, channels, 3, 4]
        let x = try Tensor.zeros(shape).normalInPlace(mean: 3, std: 2, generator: generator)
        let g = try Tensor.zeros(shape).normalInPlace(mean: 0, std: 1, generator: generator)
        func part(_ all: Tensor) throws -> Tensor {
            let rows = try all.narrowed(0, from, to - from)
            return layout == "channels last" ? try rows.channelsLast() : try rows.contiguous()
        }
        return (try part(x), try part(g))
    }

    static func step(_ from: Int, _ to: Int, _ layout: String, over group: ProcessGroup?) throws
        -> Outcome
    {
        let norm = try BatchNorm2d(channels)
        try withoutGrad {
            try norm.weight.copyInPlace(Tensor.from([0.5, 1, 1.5, 2, -1]))
            try norm.bias.copyInPlace(Tensor.from([0, 1, -1, 2, 0.5]))
        }
        norm.statisticsGroup = group
        try norm.setTraining(true)
        let (x, g) = try inputs(from, to, layout)
        try x.setRequiresGrad(true)
        let y = try norm(x)
        try (y * g).sum().backward()
        return Outcome(
            output: try y.detached().floats(), gradient: try x.grad!.floats(),
            weight: try norm.weight.grad!.floats(), bias: try norm.bias.grad!.floats(),
            mean: try norm.runningMean.floats(), variance: try norm.runningVar.floats())
    }

    static func near(_ a: [Float], _ b: [Float], _ tolerance: Float) -> Bool {
        a.count == b.count
            && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }

    @Test(
        arguments: [[0, 4, 8], [0, 6, 8], [0, 2, 4, 6, 8], [0, 1, 8]],
        ["contiguous", "channels last"])
    func isExactAgainstTheJoinedBatch(cuts: [Int], layout: String) throws {
        let whole = try Self.step(0, 8, layout, over: nil)
        let parts = try withProcesses(cuts.count - 1) { processes in
            try Self.step(
                cuts[processes.rank], cuts[processes.rank + 1], layout,
                over: processes.statistics)
        }
        #expect(Self.near(parts.flatMap(\.output), whole.output, 2e-6))
        #expect(Self.near(parts.flatMap(\.gradient), whole.gradient, 5e-6))
        for part in parts {
            #expect(Self.near(part.mean, whole.mean, 1e-6))
            #expect(Self.near(part.variance, whole.variance, 2e-6))
        }
        func total(_ values: [[Float]]) -> [Float] {
            values.dropFirst().reduce(values[0]) { zip($0, $1).map(+) }
        }
        #expect(Self.near(total(parts.map(\.weight)), whole.weight, 1e-5))
        #expect(Self.near(total(parts.map(\.bias)), whole.bias, 1e-5))
    }

    @Test func frozenStatisticsStayLocal() throws {
        // Processes that would wait for each other would never end here: only one calls it.
        let results = try withProcesses(2, timeout: 5) { processes in
            guard processes.isFirst else { return 0.0 }
            let norm = try BatchNorm2d(Self.channels)
            norm.statisticsGroup = processes.statistics
            norm.hasFrozenStatistics = true
            try norm.setTraining(true)
            let (x, _) = try Self.inputs(0, 2, "contiguous")
            return try (norm(x) - x).abs().amax().item()
        }
        #expect(results[0] < 1e-3)
    }
}
