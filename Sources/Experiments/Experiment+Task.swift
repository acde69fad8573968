import DenseKitComponents
import DenseKitData

extension Experiment {
    /// Throws `ExperimentError` where `dataset` does not show what the model's head is to find.
    ///
    /// - Parameter part: of the configuration's data, `train` or `val`
    public func check(_ dataset: any Dataset, _ part: String, fits model: DenseModel) throws {
        let node = part == "train" ? configuration.data.train : configuration.data.val
        guard let node, let head = configuration.model.head else { return }
        let places = ExperimentError.Places(
            head: "\(head.location): model.head \(head.type)", data: "data.\(part) \(node.type) (\(node.location))")
        switch (model.head.task, dataset as? any InstanceDataset) {
        case (.segmentation, nil): return
        case (.segmentation, .some): throw ExperimentError.thingsForSegmentation(places)
        case (.detection, nil): throw ExperimentError.pixelsForDetection(places)
        case (.detection(let masks), .some(let things)):
            // Without them boxes can still be measured, but masks not be learnt.
            if part == "train", masks, !things.hasMasks { throw ExperimentError.boxesForMasks(places) }
        }
    }
}

/// Parts of a configuration that contradict each other.
public enum ExperimentError: Error, CustomStringConvertible, Sendable {
    /// Where head and data set stand, with their types.
    public struct Places: Sendable {
        let head: String
        let data: String
    }

    /// The names of the classes of both.
    case otherClasses(train: [String], val: [String])
    /// The configuration of another data set.
    case otherDataset(String)
    case thingsForSegmentation(Places)
    case pixelsForDetection(Places)
    case boxesForMasks(Places)

    public var description: String {
        switch self {
        case .otherClasses(let train, let val):
            "data.train and data.val have different classes (\(Self.difference(train, val))): a model is validated on the classes that it was "
                + "trained for"
        case .otherDataset(let file):
            "the data set of \(file) has other classes than the model: a class_map beside its settings says which are the same"
        case .thingsForSegmentation(let places):
            "\(places.head) finds a class for every pixel, but \(places.data) annotates things one by one: take a head that detects, such as "
                + "MaskRCNN or RetinaNet, or a data set with label maps, such as ADE20K"
        case .pixelsForDetection(let places):
            "\(places.head) finds things one by one, but \(places.data) has a class for every pixel: take a data set with boxes, such as "
                + "COCODetection, or a head that segments, such as SemanticFPN"
        case .boxesForMasks(let places):
            "\(places.head) learns masks, but \(places.data) gives boxes alone: let it read masks (`masks: true`), or take the head's masks away "
                + "(`mask: null`)"
        }
    }

    private static func difference(_ train: [String], _ val: [String]) -> String {
        guard let place = zip(train, val).enumerated().first(where: { $0.element.0 != $0.element.1 }) else {
            return "\(train.count) and \(val.count)"
        }
        return "class \(place.offset) is '\(place.element.0)' and '\(place.element.1)'"
    }
}
