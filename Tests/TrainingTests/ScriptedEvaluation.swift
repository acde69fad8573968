import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import Foundation

@testable import DenseKitTraining

/// A report of given metrics, of which the first is the primary one.
struct ScriptedReport: EvaluationReport {
    let summary: [EvaluationMetric]
    let table = "scripted"
    let json = Data("{}".utf8)
    var primaryMetric: String { summary[0].name }

    init(_ summary: [EvaluationMetric]) { self.summary = summary }

    /// One metric `score`.
    init(_ value: Double, better: MetricDirection) {
        self.init([EvaluationMetric("score", value, better: better)])
    }
}

/// Reports one value after the other as the metric `score`, without looking at an image.
final class ScriptedEvaluator: Evaluator {
    let dataset: any Dataset
    let better: MetricDirection
    private var values: [Double]

    init(_ values: [Double], better: MetricDirection, _ dataset: any Dataset) {
        self.values = values
        self.better = better
        self.dataset = dataset
    }

    func evaluate(each: (EvaluatedImage) throws -> Void) throws -> any EvaluationReport {
        ScriptedReport(values.removeFirst(), better: better)
    }
}

extension SmallRun {
    /// A trainer whose validations report `values`, one after the other.
    func trainer(
        reporting values: [Double], better: MetricDirection,
        from start: TrainingStart = .firstIteration
    ) throws -> Trainer {
        let resumption = try work.resumption(start)
        let trainer = try experiment.trainer(in: work, dataset: dataset, resuming: resumption)
        let folder = URL(filePath: trainer.runFolder ?? "").lastPathComponent
        let info = Checkpoint.ModelInfo(
            classes: dataset.classes, configuration: experiment.node.yaml(),
            trainingImages: dataset.count)
        let store = CheckpointStore(work, run: folder, info: info, resumed: resumption?.checkpoint)
        let evaluator = ScriptedEvaluator(values, better: better, dataset)
        for hook in trainer.hooks {
            (hook as? CheckpointHook)?.connect(store)
            guard let hook = hook as? EvaluationHook, let log = trainer.hooks[0] as? LogHook else {
                continue
            }
            hook.connect(evaluator, store: store, log: log, skipped: nil, progress: nil)
        }
        return trainer
    }
}
