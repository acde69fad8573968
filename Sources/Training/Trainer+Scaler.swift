import DenseKitComponents
import Foundation

/// Training in float16: its scale, and the steps that are skipped for it.
extension Trainer {
    /// Takes over what a step made of the scaler, and says if it was skipped for an overflow. The
    /// one that stops training counts once it is done again.
    ///
    /// Throws `TrainingError.overflow` where the gradients are not finite at any scale.
    func follow(_ next: GradientScaler?) throws {
        guard let next, let scaler else { return }
        last.lossScale = scaler.scale
        if next.skippedSteps > scaler.skippedSteps {
            guard !next.isExhausted else {
                throw TrainingError.overflow(scale: scaler.scale, last.names)
            }
            logger.info(
                "iteration \(iteration + 1): the gradients overflow at the scale \(scaler.scaleText), the step is skipped; the next scale is \(next.scaleText)"
            )
        }
        self.scaler = next
    }

    /// Says at the end how many steps were skipped, which in float16 is no fault.
    func tellOverflows() {
        guard let scaler, scaler.skippedSteps > 0 else { return }
        logger.info(
            "\(scaler.skippedSteps) of \(iteration) iterations were skipped, because their gradients overflowed; the scale is \(scaler.scaleText)"
        )
    }
}

extension GradientScaler {
    /// The scale as a message shows it: `65536`, `0.5`.
    var scaleText: String { String(format: "%g", scale) }
}
