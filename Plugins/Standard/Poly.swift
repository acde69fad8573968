import DenseKitCore
import Glibc

/// Polynomial decay to `min_lr` with linear warm-up: mmcv's `PolyLrUpdaterHook`.
///
/// `poly(t) = (base − min) · (1 − t/T)^power + min`; for t below the warm-up's length w:
/// `poly(t) · (1 − (1 − t/w)(1 − ratio))`.
struct Poly: Schedule {
    struct Configuration: IdleKeysConfiguration {
        var power = 0.9
        /// The floor. It reaches every group, also one whose multiplier is 0.
        var minLr = 1e-6
        var warmupIterations = 1500
        /// The share of the rate that warm-up starts from.
        var warmupRatio = 1e-6

        init() {}

        var idleKeys: [(key: String, reason: String)] { WarmUp.idleKeys(warmupIterations) }
    }

    let settings: Configuration

    /// Throws `SettingError` for numbers out of range.
    init(_ configuration: Configuration) throws {
        try SettingError.check("power", configuration.power, in: 0...100)
        try SettingError.check("min_lr", configuration.minLr, in: 0...1000)
        try WarmUp.check(
            iterations: configuration.warmupIterations, ratio: configuration.warmupRatio)
        settings = configuration
    }

    func warnings(iterations: Int) -> [(key: String, problem: String)] {
        WarmUp.warnings(iterations: settings.warmupIterations, of: iterations)
    }

    func learningRate(base: Double, iteration: Int, of total: Int) -> Double {
        let t = Double(iteration)
        let poly =
            (base - settings.minLr) * pow(max(1 - t / Double(max(total, 1)), 0), settings.power)
            + settings.minLr
        guard iteration < settings.warmupIterations else { return poly }
        return poly * (1 - (1 - t / Double(settings.warmupIterations)) * (1 - settings.warmupRatio))
    }
}
