import DenseKit

/// Ends training once validation reaches a score: a hook that YAML can name.
///
///     hooks: [{ type: StopWhenGood, score: 80 }]
public final class StopWhenGood: Hook {
    public struct Configuration: YAMLConfiguration {
        /// The score of the metric by which checkpoints are compared, in percent.
        public var score = 90.0

        public init() {}
    }

    let score: Double

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        score = configuration.score
    }

    public func afterEvaluation(_ trainer: Trainer, _ report: any EvaluationReport) throws {
        guard let value = report.primaryValue, value >= score else { return }
        trainer.logger.info("\(report.primaryMetric) is \(value), and \(score) is enough")
        trainer.stop()
    }
}
