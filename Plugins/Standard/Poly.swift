import DenseKit
import Glibc

/// Polynomial decay to `min_lr` with linear warm-up: mmcv's `PolyLrUpdaterHook`.
///
/// `poly(t) = (base − min) · (1 − t/T)^power + min`; for t below the warm-up's length w: `poly(t) · (1 − (1 − t/w)(1 − ratio))`.
struct Poly: Schedule {
    struct Configuration: DenseKit.Configuration {
        var power = 0.9
        /// The floor. It reaches every group, also one whose multiplier is 0.
        var minLr = 1e-6
        var warmupIterations = 1500
        /// The share of the rate that warm-up starts from.
        var warmupRatio = 1e-6

        init() {}
    }

    let settings: Configuration

    init(_ configuration: Configuration) throws {
        guard configuration.warmupIterations >= 0 else {
            throw SettingError("Poly", "warmup_iterations", "expected 0 or more, found \(configuration.warmupIterations)")
        }
        settings = configuration
    }

    func learningRate(base: Double, iteration: Int, of total: Int) -> Double {
        let t = Double(iteration)
        let poly = (base - settings.minLr) * pow(max(1 - t / Double(max(total, 1)), 0), settings.power) + settings.minLr
        guard iteration < settings.warmupIterations else { return poly }
        return poly * (1 - (1 - t / Double(settings.warmupIterations)) * (1 - settings.warmupRatio))
    }
}
