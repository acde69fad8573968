import Checkpoints
import Evaluation
import Foundation
import Vision

/// Validates now and then and at the end, logs the scores, and keeps the checkpoint with the best mIoU.
public final class EvaluationHook: Hook {
    private let evaluator: SegmentationEvaluator
    private let directory: String
    private let info: Checkpoint.ModelInfo
    private let log: LogHook
    private let progress: ProgressBar?

    public init(
        _ evaluator: SegmentationEvaluator, directory: String, info: Checkpoint.ModelInfo, log: LogHook,
        progress: ProgressBar? = nil
    ) {
        self.evaluator = evaluator
        self.directory = directory
        self.info = info
        self.log = log
        self.progress = progress
    }

    public func afterIteration(_ trainer: Trainer) throws {
        let interval = max(1, trainer.settings.evalInterval)
        guard trainer.iteration.isMultiple(of: interval) || trainer.iteration == trainer.settings.iterations else { return }
        let started = monotonicSeconds()
        let count = evaluator.dataset.count
        let scores = try evaluator.evaluate { [progress] _, _, done in progress?.show(done, of: count, note: "validating") }
        progress?.clear()
        let summary = scores.summary()
        trainer.logger.info("\(SegmentationReport(scores, names: info.classes.names).table)")
        let fields = summary.map { "\($0.name): \(String(format: "%.4f", $0.percent))" }.joined(separator: "  ")
        let time = (monotonicSeconds() - started) / Double(max(count, 1))
        trainer.logger.info("Iter(val) [\(count)/\(count)]    \(fields)  time: \(String(format: "%.4f", time))")
        try log.writeScalars(summary.map { ($0.name, $0.percent) } + [("step", Double(trainer.iteration))])
        if let score = summary.first(where: { $0.name == "mIoU" })?.percent { try keepBest(score, trainer) }
    }

    private func keepBest(_ score: Double, _ trainer: Trainer) throws {
        guard score.isFinite, score > trainer.best?.value ?? -1 else { return }
        let old = trainer.best.map(path)
        let best = BestScore(metric: "mIoU", value: score, iteration: trainer.iteration)
        trainer.best = best
        try Checkpoint.save(trainer, info, to: path(best))
        trainer.logger.info("best mIoU so far: \(String(format: "%.2f", score)), saved \(path(best))")
        if let old, old != path(best) { try? FileManager.default.removeItem(atPath: old) }
    }

    private func path(_ best: BestScore) -> String { "\(directory)/best_mIoU_iter_\(best.iteration)" }
}
