import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Measures a model on a data set. The task of its head decides which evaluator does.
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
    public let prediction: any ImagePrediction

    /// - Parameters:
    ///   - index: its place in the data set
    ///   - name: of its file
    ///   - prediction: what the model finds in it
    public init(index: Int, name: String, prediction: any ImagePrediction) {
        self.index = index
        self.name = name
        self.prediction = prediction
    }
}

extension DenseModel {
    /// Runs `body` with the model in inference mode and without gradients; the model has its old mode afterwards, also when `body` throws.
    public func inInference<Value>(_ body: () throws -> Value) throws -> Value {
        let wasTraining = isTraining
        try setTraining(false)
        let result = Result { try withoutGrad(body) }
        if wasTraining { try setTraining(true) }
        return try result.get()
    }
}
