import DenseKitEvaluation
import Foundation
import Testing

@testable import DenseKitTraining

@Suite struct BestScoreTests {
    @Test(
        "The best checkpoint is that of the best value by the metric's direction, below 0 too",
        arguments: [
            (MetricDirection.higher, [-5.0, -3, -4, -3], 4, -3.0),
            (.higher, [1, .nan, 2, 1.5], 6, 2),
            (.lower, [5, 3, 4, 3], 4, 3), (.lower, [0.5, -7, 0, .nan], 4, -7),
            (.lower, [.nan, 9, 10, 11], 4, 9),
        ])
    func best(_ better: MetricDirection, _ values: [Double], _ iteration: Int, _ value: Double)
        throws
    {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder, iterations: 8)
            let trainer = try run.trainer(reporting: values, better: better)
            try trainer.run()
            let expected = BestScore(
                metric: "score", value: value, iteration: iteration, better: better)
            #expect(trainer.best == expected)
            #expect(try run.checkpoints() == ["best_score_iter_\(iteration)", "iter_7", "iter_8"])
            // The tables of sweeps read it from there.
            let progress = try #require(RunProgress(workDirectory: run.work.path))
            #expect(progress.best == expected)
            let scores = try #require(
                RunScores(workDirectory: run.work.path, metric: "score", better: better))
            #expect(scores.best == .init(iteration: iteration, value: value))
            #expect(scores.checkpoint == run.work.path + "/best_score_iter_\(iteration)")
        }
    }

    @Test(
        "A resumed run keeps its best value, and only a better one takes its place",
        arguments: [1.0, 4.0])
    func resumed(_ next: Double) throws {
        try withTemporaryFolder { folder in
            try SmallRun(in: folder).trainer(reporting: [2, 3], better: .lower).run()
            let second = try SmallRun(in: folder, iterations: 6)
            let trainer = try second.trainer(
                reporting: [next], better: .lower, from: .newestCheckpoint)
            #expect(
                trainer.best == BestScore(metric: "score", value: 2, iteration: 2, better: .lower))
            try trainer.run()
            #expect(
                trainer.best?.value == min(2, next) && trainer.best?.iteration == (next < 2 ? 6 : 2)
            )
            #expect(try second.checkpoints().first == "best_score_iter_\(next < 2 ? 6 : 2)")
        }
    }

    @Test(
        "Checkpoints that do not say what is better are of scores, until a validation says otherwise"
    )
    func earlierVersion() throws {
        let old = Data(#"{"iteration":2,"metric":"score","value":2}"#.utf8)
        #expect(try JSONDecoder().decode(BestScore.self, from: old).better == .higher)
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            let trainer = try run.trainer(reporting: [3, 4], better: .lower)
            trainer.best = try JSONDecoder().decode(BestScore.self, from: old)
            try trainer.run()
            #expect(
                trainer.best == BestScore(metric: "score", value: 2, iteration: 2, better: .lower))
        }
    }

    @Test("Another metric may decide; the best value of the one before is no measure of it")
    func anotherMetric() throws {
        try withTemporaryFolder { folder in
            try SmallRun(in: folder).trainer(reporting: [1000, 999], better: .higher).run()
            let run = try SmallRun(
                in: folder, iterations: 6,
                overrides: ["hooks=[{type: EvaluationHook, metric: mAcc}]"])
            let trainer = try run.trainer(from: .newestCheckpoint)
            try trainer.run()
            let best = try #require(trainer.best)
            #expect(best.metric == "mAcc" && best.iteration == 6 && best.value <= 100)
            #expect(try run.checkpoints().first == "best_mAcc_iter_6")
        }
    }

    @Test("A metric that validations do not report is found before the first iteration")
    func unknownMetric() throws {
        try withTemporaryFolder { folder in
            for (hook, setting) in [
                ("EvaluationHook, metric", "EvaluationHook.metric"),
                ("EarlyStopping, monitor", "EarlyStopping.monitor"),
            ] {
                let run = try SmallRun(in: folder, overrides: ["hooks=[{type: \(hook): mIou}]"])
                let trainer = try run.trainer()
                let error = try #require(throws: TrainingError.self) { try trainer.run() }
                #expect(
                    error.description
                        == "\(setting): validations report no metric 'mIou', but aAcc, mIoU, mAcc; "
                        + "did you mean 'mIoU'?")
                #expect(trainer.iteration == 0)
            }
            // Where the evaluator does not know before, the first report says it.
            let run = try SmallRun(
                in: folder, overrides: ["hooks=[{type: EarlyStopping, monitor: mIoU}]"])
            let trainer = try run.trainer(reporting: [1], better: .higher)
            let error = try #require(throws: TrainingError.self) { try trainer.run() }
            #expect(
                error.description
                    == "EarlyStopping.monitor: validations report no metric 'mIoU', but score; name one of them"
            )
        }
    }
}
