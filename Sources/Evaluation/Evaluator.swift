import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Measures a model on a data set. The task of the model's head makes the evaluator
/// (`VisionTask.evaluator`).
public protocol Evaluator {
    /// The data set with the ground truth.
    var dataset: any Dataset { get }
    /// The names of the metrics that the summary of a report may have, so that a setting which
    /// names one is checked before training; nil, where they are not known before, if not
    /// implemented.
    var metricNames: [String]? { get }

    /// Predicts every image and compares it with the ground truth. The model is in inference mode
    /// during the call, and back in its own mode after it.
    ///
    /// Where several processes share the images, all of them make this call, and all get the report
    /// of all images.
    ///
    /// - Parameter each: is called after each image that this process predicts, in the data set's
    ///   order
    func evaluate(each: (EvaluatedImage) throws -> Void) throws -> any EvaluationReport
}

extension Evaluator {
    /// Nil: the metrics are known once a report is there.
    public var metricNames: [String]? { nil }
}

/// An image of a data set with the prediction of a model.
public struct EvaluatedImage: Sendable {
    /// The index of the image in the data set.
    public let index: Int
    /// The image's name in the data set, usually the path of its file.
    public let name: String
    /// The prediction of the model, in the image's own pixels.
    public let prediction: any ImagePrediction

    /// An image and its prediction.
    ///
    /// - Parameters:
    ///   - index: of the image in the data set
    ///   - name: of the image's file
    ///   - prediction: of the model for the image
    public init(index: Int, name: String, prediction: any ImagePrediction) {
        self.index = index
        self.name = name
        self.prediction = prediction
    }
}

extension DenseModel {
    /// Runs `body` with the model in inference mode and without gradients. The model is put back
    /// into its own mode, also when `body` throws.
    public func inInference<Value>(_ body: () throws -> Value) throws -> Value {
        let wasTraining = isTraining
        try setTraining(false)
        let result = Result { try withoutGrad(body) }
        if wasTraining { try setTraining(true) }
        return try result.get()
    }
}
