import DenseKitBuiltIn
import DenseKitCore
import Foundation
import SeveralProcesses
import Synchronization
import Testing

/// Evaluations of experiments by several processes: models that are built from configurations, and
/// a task that no core file knows.
@Suite(.serialized) struct SharedEvaluationTests {
    /// What an evaluation gives, as text and bits.
    private struct Outcome: Sendable, Equatable {
        let table: String
        let json: Data
        let metrics: [UInt64]
    }

    /// Weights are drawn from one generator of the process.
    private static let building = Mutex(())

    private func evaluate(
        _ experiment: Experiment, over processes: Processes, augmented: Bool = false
    ) throws -> Outcome {
        let dataset = try experiment.validationDataset()
        let model = try Self.building.withLock { _ in
            nonisolated(unsafe) let model = try experiment.model(dataset.classes)
            return model
        }
        let evaluator = try experiment.evaluator(
            model, dataset, augmented: augmented, processes: processes)
        let report = try evaluator.evaluate { _ in }
        return Outcome(
            table: report.table, json: try report.json,
            metrics: report.summary.map { $0.value.bitPattern })
    }

    /// Compares two, three and four processes with one.
    private func check(
        augmented: Bool = false, _ make: @escaping @Sendable () throws -> Experiment
    ) throws -> Outcome {
        let alone = try withProcesses(1) { _ in
            try evaluate(make(), over: .alone, augmented: augmented)
        }[0]
        for count in 2...4 {
            let found = try withProcesses(count) {
                try evaluate(make(), over: $0, augmented: augmented)
            }
            for (rank, outcome) in found.enumerated() {
                #expect(outcome == alone, "process \(rank) of \(count)")
            }
        }
        return alone
    }

    @Test(
        "A segmentation model is evaluated by several processes as by one",
        arguments: [false, true])
    func segmentation(augmented: Bool) throws {
        try withTemporaryFolder { folder in
            _ = try SmallRun(in: folder)
            let found = try check(augmented: augmented) {
                try Experiment(
                    folder + "/run.yaml", overrides: ["test.flip=true", "test.ratios=[1.0, 1.5]"],
                    registry: Registry(BuiltIn.plugins + [SmallPlugin()]))
            }
            #expect(found.table.contains("mIoU"))
        }
    }

    @Test("The tutorial's depth task sums errors as one process does")
    func depth() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/tutorial/depth.yaml").path
        // Compiled once; later ones are loaded.
        _ = try Experiment(file, registry: Registry(BuiltIn.plugins))
        let found = try check {
            try Experiment(
                file,
                overrides: ["data.val.count=7", "data.val.side=32", "model.backbone.depth=18"],
                registry: Registry(BuiltIn.plugins))
        }
        #expect(found.table.hasPrefix("mean absolute error: ") && found.metrics.count == 1)
    }
}
