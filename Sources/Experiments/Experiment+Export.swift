import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitVision

/// A trained model that was written without its text encoder.
public struct ExportedModel: Sendable {
    /// The path of the file.
    public let path: String
    /// The classes whose text embeddings the file holds.
    public let classes: ClassList
    /// The count of numbers in the file.
    public let count: Int
    /// The count of numbers in the trained model, text encoder included.
    public let trainedCount: Int
}

extension Experiment {
    /// Writes a trained model without its text encoder: the text embeddings of its classes are
    /// computed once and stored. The file is evaluated and predicts as the checkpoint does, without
    /// text encoder and vocabulary; it knows its own classes only, and cannot be trained further.
    ///
    /// - Parameters:
    ///   - weights: a checkpoint directory, a safetensors file, or a PyTorch file
    ///   - path: the safetensors file to write
    /// - Throws: `LanguageError` for a model without text that can be stored, `LoadError` for
    ///   weights of another model, `CheckpointError` where the file cannot be written.
    @discardableResult
    public func export(_ weights: String, to path: String) throws -> ExportedModel {
        let content = try WeightsFile.load(weights)
        let (model, classes) = try trainedModel(
            content, at: weights, unnamed: self.classes(of: "val"))
        let small = try model.cachingText { try self.model(classes, textIsCached: true) }
        let info = Checkpoint.ModelInfo(
            classes: classes, configuration: node.yaml(), textIsCached: true,
            device: try Checkpoint.device(in: content.metadata, at: weights))
        let tensors = try small.namedTensors().map { ($0.name, $0.tensor) }
        try TensorFile.save(tensors, metadata: info.metadata, to: path)
        let trained = try model.namedTensors()
        return ExportedModel(
            path: path, classes: classes, count: tensors.reduce(0) { $0 + $1.1.count },
            trainedCount: trained.reduce(0) { $0 + $1.tensor.count })
    }
}
