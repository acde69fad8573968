import DenseKitComponents
import DenseKitData
import DenseKitEvaluation

extension Experiment {
    /// Checks that `dataset` has the annotations that the model's head needs.
    ///
    /// - Parameters:
    ///   - dataset: to check
    ///   - part: of the configuration's data, `train` or `val`
    ///   - model: whose head is asked
    /// - Throws: `ExperimentError.otherTask` where it lacks them.
    public func check(_ dataset: any Dataset, _ part: String, fits model: DenseModel) throws {
        let node = part == "train" ? configuration.data.train : configuration.data.val
        guard let node, let head = configuration.model.head else { return }
        let places = ExperimentError.Places(
            head: "\(head.location): model.head \(head.type)",
            data: "data.\(part) \(node.type) (\(node.location))")
        if let mismatch = try model.task.mismatch(with: dataset, training: part == "train") {
            throw ExperimentError.otherTask(places, mismatch)
        }
    }
}

/// Parts of a configuration that contradict each other.
public enum ExperimentError: DenseKitError {
    /// Where head and data set are configured, with their types.
    public struct Places: Sendable {
        let head: String
        let data: String
    }

    /// `data.train` and `data.val` have these different class names.
    case otherClasses(train: [String], val: [String])
    /// The data set of this configuration file has other classes than the model, and no class map.
    case otherDataset(String)
    /// The data set lacks the annotations that the head needs.
    case otherTask(Places, DatasetMismatch)

    public var origin: ErrorOrigin { .configuration }

    public var problem: String {
        switch self {
        case .otherClasses(let train, let val):
            "data.train and data.val have different classes (\(Self.difference(train, val))): a model is validated on the classes that it was "
                + "trained for"
        case .otherDataset(let file):
            "the data set of \(file) has other classes than the model: a class_map beside its settings says which are the same"
        case .otherTask(let places, let mismatch):
            "\(places.head) \(mismatch.head), but \(places.data) \(mismatch.data): \(mismatch.remedy)"
        }
    }

    private static func difference(_ train: [String], _ val: [String]) -> String {
        guard
            let place = zip(train, val).enumerated().first(where: { $0.element.0 != $0.element.1 })
        else {
            return "\(train.count) and \(val.count)"
        }
        return "class \(place.offset) is '\(place.element.0)' and '\(place.element.1)'"
    }
}
