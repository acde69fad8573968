import DenseKitComponents
import DenseKitConfiguration

extension Experiment {
    /// The parts of a configuration that have a precision.
    package enum ComputingPart: String, CaseIterable {
        case train, test
    }

    /// Throws `ConfigurationError` where the engine cannot compute on the experiment's device in
    /// the precision of this part of the configuration.
    package func checkPrecision(of part: ComputingPart) throws {
        let precision =
            switch part {
            case .train: configuration.train.precision
            case .test: configuration.test.precision
            }
        guard let problem = precision.problem(on: device) else { return }
        throw ConfigurationError(
            at: node.location(of: [part.rawValue, "precision"]) ?? .file(file),
            "\(part.rawValue).precision: \(problem)", hint: precision.remedy)
    }
}

extension Precision {
    /// Why the engine cannot compute in it on `device`; nil where it can.
    package func problem(on device: Device) -> String? {
        guard let dtype, !canAutocast(dtype, on: device) else { return nil }
        return "libtorch \(Engine.version) does not compute in \(rawValue) on the device \(device)"
    }

    /// What to do about `problem(on:)`.
    package var remedy: String { "\(rawValue) needs a CUDA device; on a CPU use bfloat16" }
}
