import DenseKitCore
import Testing

@testable import DenseKitNN
@testable import DenseKitStandard

@Suite struct PolyTests {
    private func poly(_ yaml: String) throws -> Poly { try Poly(.decode(yaml: yaml)) }

    @Test(arguments: [
        (0, 1.0), (1, 0.75), (2, 0.5), (4, 0.0),
    ])
    func linearDecay(_ iteration: Int, _ expected: Double) throws {
        let schedule = try poly("{power: 1, min_lr: 0, warmup_iterations: 0}")
        #expect(schedule.learningRate(base: 1, iteration: iteration, of: 4) == expected)
    }

    /// (0.1 − 0.02) · (1 − t/10)² + 0.02
    @Test(arguments: [(0, 0.1), (5, 0.04), (9, 0.0208), (10, 0.02)]) func powerAndFloor(
        _ iteration: Int, _ expected: Double
    )
        throws
    {
        let schedule = try poly("{power: 2, min_lr: 0.02, warmup_iterations: 0}")
        #expect(
            abs(schedule.learningRate(base: 0.1, iteration: iteration, of: 10) - expected) < 1e-15)
    }

    /// From a tenth of the rate to all of it over four iterations, times the decay.
    @Test(arguments: [
        (0, 0.1), (1, 0.9 * 0.325), (2, 0.8 * 0.55), (3, 0.7 * 0.775), (4, 0.6), (5, 0.5),
    ])
    func warmup(_ iteration: Int, _ expected: Double) throws {
        let schedule = try poly("{power: 1, min_lr: 0, warmup_iterations: 4, warmup_ratio: 0.1}")
        #expect(
            abs(schedule.learningRate(base: 1, iteration: iteration, of: 10) - expected) < 1e-15)
    }

    @Test func theFloorReachesAGroupWithoutARate() throws {
        let schedule = try poly("{min_lr: 1e-6, warmup_iterations: 0}")
        #expect(schedule.learningRate(base: 0, iteration: 0, of: 10) == 0)
        #expect(abs(schedule.learningRate(base: 0, iteration: 10, of: 10) - 1e-6) < 1e-20)
    }

    @Test func defaultsAreThePapers() throws {
        let settings = Poly.Configuration()
        #expect(
            settings.power == 0.9 && settings.minLr == 1e-6 && settings.warmupIterations == 1500
                && settings.warmupRatio == 1e-6)
    }

    @Test(arguments: [(11, 0.02), (0, 0.1)]) func totalsThatAreTooShort(
        _ iteration: Int, _ expected: Double
    ) throws {
        let schedule = try poly("{power: 0.9, min_lr: 0.02, warmup_iterations: 0}")
        #expect(
            schedule.learningRate(base: 0.1, iteration: iteration, of: iteration == 0 ? 0 : 10)
                == expected)
    }

    @Test func settingsOutOfRange() throws {
        let error = try #require(throws: SettingError.self) { try poly("{warmup_iterations: -1}") }
        #expect(error.description == "warmup_iterations must be 0…1000000000, found -1")
    }
}

@Suite struct StepTests {
    private func step(_ yaml: String) throws -> any Schedule {
        try StepSchedule(.decode(yaml: yaml))
    }

    /// mmcv's values with the default recipe, 7330 iterations an epoch.
    @Test(arguments: [
        (0, 1.0000000000000009e-07), (1, 2.9980000000000564e-07), (499, 9.98002e-05), (500, 1e-4),
        (58639, 1e-4), (58640, 1e-5),
        (80629, 1e-5), (80630, 1.0000000000000002e-06),
    ])
    func epochs(_ iteration: Int, _ expected: Double) throws {
        let schedule = try step("{}").counting(iterationsPerEpoch: 7330)
        #expect(
            abs(schedule.learningRate(base: 1e-4, iteration: iteration, of: 87960) / expected - 1)
                < 1e-12)
    }

    @Test(arguments: [(0, 2.0), (4, 2.0), (5, 1.0), (8, 0.5)]) func iterations(
        _ iteration: Int, _ expected: Double
    ) throws {
        let schedule = try step(
            "{steps: [5, 7], by_epoch: false, gamma: 0.5, warmup_iterations: 0}"
        ).counting(
            iterationsPerEpoch: 3)
        #expect(schedule.learningRate(base: 2, iteration: iteration, of: 10) == expected)
    }

    @Test(arguments: [
        (
            "{steps: [8, 8]}",
            "Step: steps: expected ascending numbers of 0…1000000000, found [8, 8]"
        ),
        ("{steps: [-1]}", "Step: steps: expected ascending numbers of 0…1000000000, found [-1]"),
        ("{gamma: 0}", "Step: gamma: expected a factor above 0 and at most 1, found 0.0"),
        ("{warmup_iterations: -1}", "warmup_iterations must be 0…1000000000, found -1"),
    ])
    func settingsOutOfRange(_ yaml: String, _ message: String) throws {
        #expect(try #require(throws: SettingError.self) { try step(yaml) }.description == message)
    }
}

@Suite struct RecipeTests {
    private func parameters() throws -> [NamedTensor] {
        let names = [
            "backbone.conv1.weight", "backbone.norm1.weight", "norm.bias",
            "text_encoder.norm.weight", "frozen.weight",
            "head.weight",
        ]
        return try names.map { name in
            let tensor = try Tensor.ones([1])
            try tensor.setRequiresGrad(name != "frozen.weight")
            return NamedTensor(name: name, kind: .parameter, tensor: tensor)
        }
    }

    /// The longest key that a name contains decides.
    @Test func groupsByName() throws {
        let yaml =
            "{lr: 0.1, custom_keys: {backbone: {lr_mult: 0.1}, text_encoder: {lr_mult: 0}, norm: {decay_mult: 0}}}"
        let optimizer = try AdamWRecipe(.decode(yaml: yaml)).optimizer(for: parameters())
        #expect(optimizer.baseLearningRate == 0.1)
        let groups = optimizer.groups.map {
            "\($0.names) \($0.learningRateMultiplier) \($0.decayMultiplier)"
        }
        #expect(
            groups == [
                #"["backbone.conv1.weight", "backbone.norm1.weight"] 0.1 1.0"#,
                #"["norm.bias"] 1.0 0.0"#,
                #"["text_encoder.norm.weight"] 0.0 1.0"#, #"["head.weight"] 1.0 1.0"#,
            ])
    }

    @Test func keysWithoutAParameter() throws {
        let yaml =
            "{custom_keys: {head: {lr_mult: 0.1}, frozen: {lr_mult: 0}, text_encodr: {lr_mult: 0}, absent: {}}}"
        let expected = ["absent", "text_encodr"].map {
            "optimizer.custom_keys.\($0): no parameter of this model has that in its name, so it changes nothing"
        }
        #expect(try AdamWRecipe(.decode(yaml: yaml)).warnings(on: parameters()) == expected)
        #expect(try SGDRecipe(.decode(yaml: yaml)).warnings(on: parameters()) == expected)
    }

    @Test func settingsReachTheOptimizers() throws {
        let adamW = try #require(
            try AdamWRecipe(.decode(yaml: "{lr: 2, weight_decay: 3, betas: [0.5, 0.6], eps: 0.1}"))
                .optimizer(for: parameters())
                as? AdamW)
        #expect(
            adamW.baseLearningRate == 2 && adamW.weightDecay == 3 && adamW.betas == (0.5, 0.6)
                && adamW.eps == 0.1)
        let sgd = try #require(
            try SGDRecipe(.decode(yaml: "{lr: 2, momentum: 0.5, weight_decay: 3}")).optimizer(
                for: parameters()) as? SGD)
        #expect(
            sgd.baseLearningRate == 2 && sgd.momentum == 0.5 && sgd.weightDecay == 3
                && sgd.groups.count == 1)
    }

    @Test(arguments: [
        (
            "{betas: [0.9]}",
            "AdamW: betas: expected two numbers of 0 or more and below 1, found [0.9]"
        ),
        (
            "{betas: [0.9, 1]}",
            "AdamW: betas: expected two numbers of 0 or more and below 1, found [0.9, 1.0]"
        ),
        ("{lr: -1}", "lr must be 0.0…1000.0, found -1.0"),
    ])
    func settingsOutOfRange(_ yaml: String, _ expected: String) throws {
        let error = try #require(throws: SettingError.self) { try AdamWRecipe(.decode(yaml: yaml)) }
        #expect(error.description == expected)
    }

    @Test func negativeRatesOfSGD() throws {
        let error = try #require(throws: SettingError.self) {
            try SGDRecipe(.decode(yaml: "{lr: -1}"))
        }
        #expect(error.description == "lr must be 0.0…1000.0, found -1.0")
    }
}
