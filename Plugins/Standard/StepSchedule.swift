import DenseKitCore
import Glibc

/// A rate that falls by `gamma` at every step, after linear warm-up: mmcv's `StepLrUpdaterHook`. In
/// YAML it is called `Step`.
///
/// `step(t) = base · gamma^(steps passed at t)`; for t below the warm-up's length w:
/// `step(t) · (1 − (1 − t/w)(1 − ratio))`.
struct StepSchedule: Schedule {
    struct Configuration: IdleKeysConfiguration {
        /// After how many epochs the rate falls, ascending.
        var steps = [8, 11]
        /// Whether `steps` counts epochs; else iterations.
        var byEpoch = true
        var gamma = 0.1
        var warmupIterations = 500
        /// The share of the rate that warm-up starts from.
        var warmupRatio = 0.001

        init() {}

        var idleKeys: [(key: String, reason: String)] { WarmUp.idleKeys(warmupIterations) }
    }

    let settings: Configuration
    /// Iterations after which the rate falls.
    private let steps: [Int]

    /// Throws `SettingError` for numbers out of range.
    init(_ configuration: Configuration) throws {
        func error(_ key: String, _ problem: String) -> SettingError {
            SettingError("Step", key, problem)
        }
        let steps = configuration.steps
        guard steps.allSatisfy((0...WarmUp.longest).contains),
            zip(steps, steps.dropFirst()).allSatisfy(<)
        else {
            throw error(
                "steps", "expected ascending numbers of 0…\(WarmUp.longest), found \(steps)")
        }
        guard configuration.gamma > 0, configuration.gamma <= 1 else {
            throw error(
                "gamma", "expected a factor above 0 and at most 1, found \(configuration.gamma)")
        }
        try WarmUp.check(
            iterations: configuration.warmupIterations, ratio: configuration.warmupRatio)
        self.init(configuration, steps: steps)
    }

    private init(_ settings: Configuration, steps: [Int]) {
        self.settings = settings
        self.steps = steps
    }

    func counting(iterationsPerEpoch: Int) -> any Schedule {
        guard settings.byEpoch else { return self }
        return StepSchedule(
            settings,
            steps: settings.steps.map {
                $0.multipliedReportingOverflow(by: iterationsPerEpoch).partialValue
            })
    }

    func warnings(iterations: Int) -> [(key: String, problem: String)] {
        let late = zip(settings.steps, steps).filter { $1 >= iterations }.map { "\($0.0)" }.joined(
            separator: ", ")
        let warnings = WarmUp.warnings(iterations: settings.warmupIterations, of: iterations)
        guard !late.isEmpty else { return warnings }
        let unit = settings.byEpoch ? "epochs" : "iterations"
        return warnings + [
            (
                "steps",
                "the run of \(iterations) iterations ends before \(late) \(unit): the learning rate does not fall there"
            )
        ]
    }

    func learningRate(base: Double, iteration: Int, of total: Int) -> Double {
        let rate = base * pow(settings.gamma, Double(steps.filter { $0 <= iteration }.count))
        guard iteration < settings.warmupIterations else { return rate }
        return rate
            * (1 - (1 - Double(iteration) / Double(settings.warmupIterations))
                * (1 - settings.warmupRatio))
    }
}
