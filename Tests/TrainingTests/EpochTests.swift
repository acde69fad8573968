import DenseKitConfiguration
import Testing

@testable import DenseKitTraining

@Suite struct EpochTests {
    private func settings(_ yaml: String) throws -> TrainConfiguration {
        try YAMLNode.parse(yaml, file: "a.yaml", environment: [:]).decode()
    }

    @Test(arguments: [(117_266, 7330), (16, 1), (17, 2), (1, 1), (32, 2)]) func iterationsOfAnEpoch(
        _ images: Int, _ iterations: Int
    ) throws {
        let settings = try settings("{epochs: 12, batch: 16}")
        #expect(settings.iterationsPerEpoch(of: images) == iterations)
        #expect(settings.counting(images: images).iterations == 12 * iterations)
    }

    @Test func withoutEpochsIterationsStay() throws {
        #expect(try settings("{iterations: 7, batch: 16}").counting(images: 100).iterations == 7)
    }

    @Test func epochsOutOfRange() throws {
        for epochs in [0, 1_000_001] {
            let settings = try settings("{epochs: \(epochs)}")
            #expect(throws: SettingError("train", "epochs", "expected 1…1000000, found \(epochs)"))
            { try settings.validate() }
        }
    }

    /// Six pictures in batches of two are three iterations, after which the rate falls.
    @Test func aRunCountsInEpochs() throws {
        try withTemporaryFolder { folder in
            let schedule = "schedule: { type: Step, steps: [1], warmup_iterations: 0, gamma: 0.5"
            let trainer = try SmallRun(in: folder, ", epochs: 2 }\n\(schedule)").trainer()
            #expect(trainer.settings.iterations == 6)
            try trainer.run()
            #expect(trainer.iteration == 6)
            let rates = (0..<6).map { trainer.schedule.learningRate(base: 1, iteration: $0, of: 6) }
            #expect(rates == [1, 1, 1, 0.5, 0.5, 0.5])
        }
    }
}
