import DenseKitComponents
import DenseKitEvaluation

/// Ends training once a metric of the validations has not improved for a while.
///
///     hooks: [{ type: EarlyStopping, patience: 5, min_delta: 0.1 }]
///
/// Whether higher or lower values are better is a property of the metric. The run is saved as at
/// its end; its best checkpoint is that of the best validation, as always.
public final class EarlyStopping: StatefulHook {
    /// The settings in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The metric to watch, such as `mAcc`; null for the primary one of the task.
        public var monitor: String?
        /// Validations in a row without an improvement after which training ends, 1…1,000,000.
        public var patience = 5
        /// The smallest change that is an improvement, in the metric's unit, 0…1,000,000. With 0
        /// any better value is one.
        public var minDelta = 0.0

        public init() {}
    }

    /// The best validation so far, and how many there were since.
    public struct State: Codable, Sendable {
        /// The metric that `best` is of; nil before the first validation.
        var metric: String?
        /// The value that has to be improved on; nil where none was finite.
        var best: Double?
        /// The iteration of `best`.
        var iteration = 0
        /// Validations in a row that were no improvement.
        var waited = 0
    }

    /// `early_stopping`, or `early_stopping.METRIC` where a metric is named.
    public let stateName: String
    /// The best validation so far, which checkpoints keep.
    public var state = State()
    /// True: without validations there is nothing to watch.
    public let needsValidation = true
    private let settings: Configuration

    /// - Throws: `SettingError` for numbers out of range.
    public init(_ configuration: Configuration = Configuration()) throws {
        try SettingError.check("patience", configuration.patience, in: 1...1_000_000)
        try SettingError.check("min_delta", configuration.minDelta, in: 0...1e6)
        settings = configuration
        stateName = "early_stopping" + (configuration.monitor.map { ".\($0)" } ?? "")
    }

    /// Checks that validations report the metric.
    /// - Throws: `TrainingError.unknownMetric`.
    public func beforeTraining(_ trainer: Trainer) throws {
        try trainer.checkMetric(settings.monitor, of: Self.setting)
    }

    /// Compares the metric with its best value, and ends training where the patience is over.
    /// - Throws: `TrainingError.unknownMetric` where the report does not have the metric.
    public func afterEvaluation(_ trainer: Trainer, _ report: any EvaluationReport) throws {
        let metric = try report.metric(settings.monitor, of: Self.setting)
        // Values of another metric, from before a resume, are no measure of this one.
        if state.metric != metric.name { state = State(metric: metric.name) }
        if metric.better.isBetter(metric.value, than: state.best, byMoreThan: settings.minDelta) {
            state.best = metric.value
            state.iteration = trainer.iteration
            state.waited = 0
            return
        }
        state.waited += 1
        guard state.waited >= settings.patience, trainer.iteration < trainer.settings.iterations
        else { return }
        let best =
            state.best.map { "\($0.text(decimals: 2)) at iteration \(state.iteration)" }
            ?? "no number so far"
        let validations = "\(state.waited) validation\(state.waited == 1 ? "" : "s")"
        let margin = settings.minDelta > 0 ? " by more than \(settings.minDelta)" : ""
        trainer.logger.info(
            "training ends early: \(metric.name) has not improved\(margin) in \(validations); its best is \(best)"
        )
        trainer.stop()
    }

    private static let setting = "EarlyStopping.monitor"
}
