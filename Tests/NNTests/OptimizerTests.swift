import DenseKitNN
import Foundation
import Testing

/// An optimizer on numbers, one element after the other.
private protocol ScalarOptimizer {
    mutating func step(_ x: Double, _ gradient: Double, rate: Double, decay: Double) -> Double
}

/// AdamW by the paper's algorithm 2.
private struct ScalarAdamW: ScalarOptimizer {
    var mean = 0.0
    var square = 0.0
    var steps = 0.0

    mutating func step(_ x: Double, _ gradient: Double, rate: Double, decay: Double) -> Double {
        steps += 1
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient * gradient
        let unbiasedMean = mean / (1 - pow(0.9, steps))
        let unbiasedSquare = square / (1 - pow(0.99, steps))
        return x - rate * decay * x - rate * unbiasedMean / (unbiasedSquare.squareRoot() + 1e-8)
    }
}

/// PyTorch's SGD: the first velocity is the first gradient.
private struct ScalarSGD: ScalarOptimizer {
    let momentum: Double
    var velocity: Double?

    mutating func step(_ x: Double, _ gradient: Double, rate: Double, decay: Double) -> Double {
        let change = gradient + decay * x
        let now = velocity.map { momentum * $0 + change } ?? change
        velocity = now
        return x - rate * now
    }
}

/// Three parameters in two groups, in double precision, with gradients that are sometimes missing.
private struct Setting {
    let names = [["a", "b"], ["c"]]
    let parameters: [[Tensor]]
    let groups: [ParameterGroup]

    init(dtype: DType = .float64) throws {
        parameters = try [[[1.0, -2], [0.5]], [[3, 0, -1]]].map { group in
            try group.map { values in
                let tensor = try Tensor.from(values.map(Float.init)).to(dtype)
                try tensor.setRequiresGrad(true)
                return tensor
            }
        }
        groups = try [
            ParameterGroup(names: names[0], parameters: parameters[0]),
            ParameterGroup(
                names: names[1], parameters: parameters[1], learningRateMultiplier: 0.1,
                decayMultiplier: 0),
        ]
    }

    /// Different rates in every step.
    func rates(_ step: Int) -> [Double] { [0.1 / Double(step + 1), 0.02 + 0.01 * Double(step)] }

    /// The gradient of element `i` of parameter `p` in a step; parameter 1 has none in steps 0 and
    /// 3, parameter 2 none in step 1.
    func gradient(_ p: Int, _ i: Int, _ step: Int) -> Double? {
        if p == 1 && (step == 0 || step == 3) || p == 2 && step == 1 { return nil }
        return sin(Double(7 * p + 3 * i + 5 * step + 1))
    }

    func setGradients(_ step: Int) throws {
        for (p, parameter) in parameters.joined().enumerated() {
            let values = (0..<parameter.count).compactMap { gradient(p, $0, step) }
            guard !values.isEmpty else { continue }
            let weights = try Tensor.stack(values.map { try Tensor.full([], $0, dtype: .float64) })
                .to(parameter.dtype)
            try (parameter * weights).sum().backward()
        }
    }

    func values() throws -> [[Double]] { try parameters.joined().map { try doubles($0) } }
}

@Suite struct OptimizerTests {
    private func adamW(_ groups: [ParameterGroup]) -> AdamW {
        AdamW(groups, learningRate: 0.1, betas: (0.9, 0.99), eps: 1e-8, weightDecay: 0.05)
    }

    /// Five steps beside the scalar optimizer of every element.
    private func follow(
        _ optimizer: any Optimizer, _ setting: Setting, decays: [Double],
        _ scalar: any ScalarOptimizer
    ) throws {
        var expected = try setting.values()
        var states = expected.map { $0.map { _ in scalar } }
        for step in 0..<5 {
            try optimizer.clearGradients()
            try setting.setGradients(step)
            try optimizer.step(learningRates: setting.rates(step))
            for p in expected.indices {
                for i in expected[p].indices {
                    guard let gradient = setting.gradient(p, i, step) else { continue }
                    let group = p < 2 ? 0 : 1
                    expected[p][i] = states[p][i].step(
                        expected[p][i], gradient, rate: setting.rates(step)[group],
                        decay: decays[group])
                }
            }
            for (found, expected) in zip(try setting.values(), expected) {
                for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-12, "step \(step)") }
            }
        }
    }

    @Test func adamWFollowsItsDefinition() throws {
        let setting = try Setting()
        try follow(adamW(setting.groups), setting, decays: [0.05, 0], ScalarAdamW())
    }

    @Test(arguments: [0.0, 0.9]) func sgdFollowsItsDefinition(_ momentum: Double) throws {
        let setting = try Setting()
        let optimizer = SGD(
            setting.groups, learningRate: 0.1, momentum: momentum, weightDecay: 0.05)
        try follow(optimizer, setting, decays: [0.05, 0], ScalarSGD(momentum: momentum))
    }

    /// Two steps, the state handed to another optimizer of equal parameters, three steps more of
    /// both.
    @Test(arguments: ["AdamW", "SGD"]) func aSavedStateContinuesBitForBit(_ name: String) throws {
        func make(_ setting: Setting) -> any Optimizer {
            name == "SGD"
                ? SGD(setting.groups, learningRate: 0.1, momentum: 0.9, weightDecay: 0.05)
                : adamW(setting.groups)
        }
        let first = try Setting(dtype: .float32)
        let second = try Setting(dtype: .float32)
        let a = make(first)
        let b = make(second)
        func step(_ optimizer: any Optimizer, _ setting: Setting, _ number: Int) throws {
            try optimizer.clearGradients()
            try setting.setGradients(number)
            try optimizer.step(learningRates: setting.rates(number))
        }
        for number in 0..<2 { try step(a, first, number) }
        try withoutGrad {
            for (from, to) in zip(first.parameters.joined(), second.parameters.joined()) {
                try to.copyInPlace(from)
            }
        }
        let state = try a.state()
        try b.load(state)
        for number in 2..<5 {
            try step(a, first, number)
            try step(b, second, number)
        }
        for (x, y) in zip(first.parameters.joined(), second.parameters.joined()) {
            #expect(try x.bytes() == y.bytes())
        }
        #expect(try first.values() != Setting(dtype: .float32).values())
    }

    @Test func statesByName() throws {
        let setting = try Setting()
        let optimizer = adamW(setting.groups)
        #expect(try optimizer.state().isEmpty)
        try setting.setGradients(0)
        try optimizer.step(learningRates: [0, 0])
        #expect(
            try Set(optimizer.state().keys) == [
                "a/mean", "a/square", "a/steps", "c/mean", "c/square", "c/steps",
            ])
        #expect(try optimizer.state()["a/steps"]?.integers() == [1])
        let sgd = SGD(setting.groups, learningRate: 1)
        try sgd.step(learningRates: [0, 0])
        #expect(try Set(sgd.state().keys) == ["a/velocity", "c/velocity"])
    }

    @Test(arguments: [
        ("incomplete", ["a/mean": [2]], "the optimizer's state of a is incomplete"),
        (
            "without the mean", ["a/square": [2], "a/steps": []],
            "the optimizer's state of a is incomplete"
        ),
        (
            "another optimizer's and another model's",
            ["a/mean": [2], "a/velocity": [2], "d/mean": [2]],
            "the saved state has entries of another optimizer or of parameters that are not trained: a/velocity, d/mean; "
                + "leave out what `unusedEntries(of:)` lists, to start these parameters without moments"
        ),
        (
            "another shape", ["a/mean": [3], "a/square": [2], "a/steps": []],
            "the optimizer's state of a has shape [3], the parameter has [2]"
        ),
        (
            "another shape of squares", ["a/mean": [2], "a/square": [1, 2], "a/steps": []],
            "the optimizer's state of a has shape [1, 2], the parameter has [2]"
        ),
        (
            "steps that cannot be", ["a/mean": [2], "a/square": [2], "a/steps": []],
            "the optimizer's state of a has taken nan steps: expected a whole number"
        ),
    ])
    func statesThatDoNotFit(_ name: String, _ shapes: [String: [Int]], _ expected: String) throws {
        let optimizer = adamW(try Setting().groups)
        let state = try shapes.mapValues { try Tensor.full($0, .nan) }
        let error = try #require(throws: OptimizerStateError.self) { try optimizer.load(state) }
        #expect(error.description == expected)
    }

    @Test func sgdStatesThatDoNotFit() throws {
        let optimizer = SGD(try Setting().groups, learningRate: 1)
        let error = try #require(throws: OptimizerStateError.self) {
            try optimizer.load(["a/velocity": Tensor.zeros([1])])
        }
        #expect(
            error.description == "the optimizer's state of a has shape [1], the parameter has [2]")
        let others = ["a/mean", "a/steps", "d/velocity", "e/velocity", "f/velocity", "b/velocity"]
        let state = try Dictionary(uniqueKeysWithValues: others.map { ($0, try Tensor.zeros([1])) })
        let foreign = try #require(throws: OptimizerStateError.self) { try optimizer.load(state) }
        #expect(
            foreign.problem
                == "the saved state has entries of another optimizer or of parameters that are not trained: "
                + "a/mean, a/steps, d/velocity, e/velocity and 1 more")
        #expect(optimizer.unusedEntries(of: state) == others.dropLast().sorted())
        // Without momentum there is no velocity to load.
        let plain = SGD(try Setting().groups, learningRate: 1, momentum: 0)
        #expect(throws: OptimizerStateError.self) {
            try plain.load(["b/velocity": Tensor.zeros([1])])
        }
    }

    @Test func groupsWithoutANameForEachParameter() throws {
        let one = try Tensor.zeros([1])
        let missing = try #require(throws: OptimizerStateError.self) {
            try ParameterGroup(names: ["a"], parameters: [one, one])
        }
        #expect(missing.description == "a group of 2 parameters needs a name for each, found 1")
        let twice = try #require(throws: OptimizerStateError.self) {
            try ParameterGroup(names: ["a", "b", "a"], parameters: [one, one, one])
        }
        #expect(
            twice.description
                == "two parameters of a group have the name 'a'; give each a name of its own: saved states "
                + "are found by it")
    }

    @Test func aRateForEveryGroup() throws {
        let setting = try Setting()
        try setting.setGradients(0)
        let expected = "2 groups of parameters need 2 learning rates, found 1"
        for optimizer in [adamW(setting.groups), SGD(setting.groups, learningRate: 1)]
            as [any Optimizer]
        {
            let error = try #require(throws: OptimizerStateError.self) {
                try optimizer.step(learningRates: [1])
            }
            #expect(error.description == expected)
        }
    }

    @Test func momentsKeepTheParametersLayout() throws {
        let weight = try normal(4, 3, 2, 2).channelsLast()
        try weight.setRequiresGrad(true)
        let optimizer = adamW([try ParameterGroup(names: ["w"], parameters: [weight])])
        try weight.pow(2).sum().backward()
        try optimizer.step(learningRates: [0.1])
        #expect(
            try optimizer.state()["w/mean"]?.isChannelsLast == true
                && optimizer.state()["w/square"]?.isChannelsLast == true)
    }

    @Test func gradientsToClear() throws {
        let setting = try Setting()
        let optimizer = adamW(setting.groups)
        try setting.setGradients(0)
        #expect(optimizer.gradients.count == 2)
        try optimizer.clearGradients()
        #expect(optimizer.gradients.isEmpty)
    }
}

@Suite struct ClippingTests {
    @Test(arguments: [10.0, 13, 26, 6.5]) func lengths(_ bound: Double) throws {
        let gradients = try [Tensor.from([Float(3), 4]), Tensor.from([Float(12)])]
        #expect(try clipGradients(gradients, maxNorm: bound) == 13)
        let factor = min(1, bound / 13)
        try expect(gradients[0], [2], [3 * factor, 4 * factor], within: 1e-6)
        try expect(gradients[1], [1], [12 * factor], within: 1e-6)
    }

    @Test func nothingToClip() throws { #expect(try clipGradients([], maxNorm: 1) == 0) }

    @Test func infiniteGradientsAreReported() throws {
        #expect(try clipGradients([Tensor.from([Float.infinity])], maxNorm: 1) == .infinity)
        #expect(try clipGradients([Tensor.from([Float.nan])], maxNorm: 1).isNaN)
    }
}
