import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Measures a model on a data set. What its head predicts decides which evaluator does.
public protocol Evaluator {
    var dataset: any Dataset { get }

    /// Predicts every image and compares with the truth. The model is in inference mode during the call, and in its old mode after it.
    ///
    /// - Parameter each: is shown every image as it is done, in the data set's order
    func evaluate(each: (EvaluatedImage) throws -> Void) throws -> any EvaluationReport
}

/// An image of a data set with what the model finds in it.
public struct EvaluatedImage: Sendable {
    /// Its place in the data set.
    public let index: Int
    public let name: String
    public let prediction: ImagePrediction
}

extension DenseModel {
    /// Runs `body` with the model in inference mode and without gradients; the model has its old mode afterwards, also when `body` throws.
    func inInference<Value>(_ body: () throws -> Value) throws -> Value {
        let wasTraining = isTraining
        try setTraining(false)
        let result = Result { try withoutGrad(body) }
        if wasTraining { try setTraining(true) }
        return try result.get()
    }
}
