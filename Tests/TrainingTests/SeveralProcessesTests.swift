import DenseKitComponents
import DenseKitDistributed
import SeveralProcesses
import Testing

@testable import DenseKitTraining

/// Two convolutions with a batch norm between, and parameters that not every pass uses.
private final class Net: Module {
    let conv: Conv2d
    let bn: BatchNorm2d
    let last: Conv2d
    @Parameter var sometimes: Tensor
    @Parameter var never: Tensor

    init(channels: Int) throws {
        conv = try Conv2d(3, channels, kernel: 3, padding: 1)
        bn = try BatchNorm2d(channels)
        last = try Conv2d(channels, 2, kernel: 1)
        sometimes = try Tensor.ones([1])
        never = try Tensor.ones([1])
    }

    /// The sum of squares of each image, as a mean.
    func loss(_ x: Tensor, usesAll: Bool) throws -> Losses {
        let y = try last(bn(conv(x)).relu())
        var total = try (y * y).mean()
        if usesAll { total = try total * sometimes.sum() }
        var losses = Losses()
        losses.add(term: "loss_squares", total)
        return losses
    }
}

/// What training did, in numbers that cross threads.
private struct Trajectory: Sendable, Equatable {
    var losses: [Double] = []
    var weights: [Float] = []
    var running: [Float] = []
    var taken: [Bool] = []
    var unused: [String] = []
}

/// Three steps on eight images, of which each process takes its part, in `passes`.
///
/// - Parameters:
///   - usesAll: whether a pass uses the parameter `sometimes`, by rank and pass
///   - spoils: whether a process gets an image that is not a number, by rank and step
private func train(
    _ processes: Processes, passes: Int = 1, precision: Precision = .float32,
    usesAll: (_ rank: Int, _ pass: Int) -> Bool = { _, _ in true },
    spoils: (_ rank: Int, _ step: Int) -> Bool = { _, _ in false }
) throws -> Trajectory {
    let net = try Net(channels: 4)
    let fixed = try RandomGenerator(seed: 5)
    for parameter in try net.namedParameters() where parameter.tensor.count > 1 {
        try withoutGrad {
            _ = try parameter.tensor.normalInPlace(mean: 0, std: 0.3, generator: fixed)
        }
    }
    try net.setTraining(true)
    try net.synchronizeBatchNorms(over: processes.statistics)
    let parameters = try net.namedParameters()
    let group = try ParameterGroup(
        names: parameters.map(\.name), parameters: parameters.map(\.tensor))
    let optimizer = SGD([group], learningRate: 0.1, momentum: 0.9)
    let step = try TrainingStep(
        net, optimizer, clipping: GradientClipping(maxNorm: 0.5), precision: precision,
        processes: processes)
    var result = Trajectory()
    let each = 8 / processes.count / passes
    for number in 0..<3 {
        let images = try Tensor.zeros([8, 3, 5, 5]).normalInPlace(
            mean: 0, std: 1, generator: RandomGenerator(seed: UInt64(number)))
        let outcome = try step(learningRates: [0.1], passes: passes) { pass in
            let place = pass * processes.count + processes.rank
            let part = try images.narrowed(0, place * each, each)
            let spoilt = spoils(processes.rank, number) ? try part * Double.nan : part
            return try net.loss(spoilt, usesAll: usesAll(processes.rank, pass))
        }
        let mean = try processes.sum([outcome.loss])[0] / Double(processes.count)
        result.losses.append(mean)
        result.taken.append(outcome.isTaken)
        if number == 0 { result.unused = step.unusedParameters }
    }
    result.weights = try parameters.flatMap { try $0.tensor.detached().floats() }
    result.running = try net.bn.runningMean.floats() + net.bn.runningVar.floats()
    return result
}

private func near(_ a: [Float], _ b: [Float], _ tolerance: Float) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}

@Suite struct SeveralProcessesTests {
    @Test("Losses, weights and running statistics are those of one process", arguments: [2, 4])
    func trajectory(count: Int) throws {
        let whole = try train(.alone)
        let parts = try withProcesses(count) { try train($0) }
        for part in parts {
            #expect(near(part.losses.map(Float.init), whole.losses.map(Float.init), 1e-5))
            #expect(near(part.weights, whole.weights, 1e-5))
            #expect(near(part.running, whole.running, 1e-5))
            #expect(part.weights == parts[0].weights, "the processes drift apart")
        }
        #expect(whole.losses[2] < whole.losses[0])
    }

    @Test("Passes of several processes are those of as many more in one", arguments: [2, 4])
    func accumulation(passes: Int) throws {
        let whole = try train(.alone, passes: passes)
        let alike = try withProcesses(2) { try train($0, passes: passes / 2) }
        // Statistics span the processes, not the passes.
        if passes == 2 {
            #expect(!near(alike[0].running, whole.running, 1e-6))
        }
        let parts = try withProcesses(2) { try train($0, passes: passes) }
        #expect(parts[0].weights == parts[1].weights)
        #expect(parts[0].taken == [true, true, true])
    }

    @Test("A parameter that one process alone uses gets its share; one that none uses is named")
    func unused() throws {
        let parts = try withProcesses(2) { try train($0, usesAll: { rank, _ in rank == 0 }) }
        #expect(parts[0].weights == parts[1].weights)
        #expect(parts.map(\.unused) == [["never"], ["never"]])
        let without = try withProcesses(2) { try train($0, usesAll: { _, _ in false }) }
        #expect(without[1].unused == ["sometimes", "never"])
        #expect(
            near(
                parts[0].losses.prefix(1).map(Float.init),
                without[0].losses.prefix(1).map(Float.init), 1e-6))
    }

    @Test("A parameter that the last pass does not use keeps the mean of the passes before")
    func unusedAtLast() throws {
        let whole = try train(.alone, passes: 4, usesAll: { _, pass in pass < 2 })
        let parts = try withProcesses(2) { processes in
            try train(processes, passes: 2, usesAll: { _, pass in pass == 0 })
        }
        #expect(parts[0].weights == parts[1].weights)
        #expect(parts[0].unused == ["never"])
        // Statistics are those of other images; the parameter has moved by as much.
        let place = parts[0].weights.count - 2
        #expect(abs(parts[0].weights[place] - whole.weights[place]) < 5e-2)
        #expect(abs(parts[0].weights[place] - 1) > 1e-3)
    }

    @Test("The scales of all processes stay equal after a loss that is not finite on one")
    func scales() throws {
        let scalers = try withProcesses(2) { processes in
            let net = try Net(channels: 4)
            let parameters = try net.namedParameters()
            let group = try ParameterGroup(
                names: parameters.map(\.name), parameters: parameters.map(\.tensor))
            let step = try TrainingStep(
                net, SGD([group], learningRate: 0), processes: processes)
            step.scaler = GradientScaler()
            for number in 0..<3 {
                let images = try Tensor.ones([2, 3, 5, 5])
                let isSpoilt = processes.rank == 1 && number == 1
                try step(learningRates: [0]) { _ in
                    try net.loss(isSpoilt ? images * Double.nan : images, usesAll: true)
                }
            }
            return step.scaler
        }
        #expect(scalers[0] == scalers[1])
        #expect(scalers[0] != GradientScaler())
    }

    @Test("A loss that is not finite on one process skips the step on all")
    func notFinite() throws {
        let parts = try withProcesses(2) { processes in
            try train(processes, spoils: { $0 == 1 && $1 == 1 })
        }
        for part in parts {
            #expect(part.taken == [true, false, true])
            #expect(part.weights == parts[0].weights)
            #expect(part.weights.allSatisfy { $0.isFinite })
            #expect(part.running.allSatisfy { $0.isFinite })
        }
    }

    @Test("Passes in bfloat16 average their gradients in float32")
    func bfloat16() throws {
        let whole = try train(.alone, precision: .bfloat16)
        let parts = try withProcesses(2) { try train($0, precision: .bfloat16) }
        #expect(parts[0].weights == parts[1].weights)
        #expect(near(parts[0].weights, whole.weights, 2e-2))
    }
}
