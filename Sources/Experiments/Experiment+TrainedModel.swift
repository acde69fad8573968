import DenseKitCheckpoints
import DenseKitComponents
import DenseKitData
import DenseKitDistributed
import DenseKitEvaluation
import DenseKitVision

extension Experiment {
    /// The model with the weights at `path`, in inference mode, and the classes that it was trained
    /// on.
    ///
    /// - Parameters:
    ///   - path: of a checkpoint, a safetensors file, or a PyTorch file
    ///   - data: the classes that are needed; nil for those of the file
    ///   - unnamed: the classes of a file that does not name them
    /// - Throws: `LoadError` for weights of another model, `OtherClasses` where they were trained
    ///   on other classes, `CheckpointError` where the classes are unknown.
    public func trainedModel(
        _ path: String, for data: ClassList? = nil,
        unnamed: @autoclosure () throws -> ClassList? = nil
    ) throws -> (model: DenseModel, classes: ClassList) {
        try trainedModel(WeightsFile.load(path), at: path, for: data, unnamed: unnamed())
    }

    func trainedModel(
        _ content: WeightsFile.Content, at path: String, for data: ClassList? = nil,
        unnamed: @autoclosure () throws -> ClassList? = nil
    ) throws -> (model: DenseModel, classes: ClassList) {
        let trained = Checkpoint.classes(in: content.metadata)
        guard let classes = try data ?? trained ?? unnamed() else {
            throw CheckpointError(
                path: path, problem: "does not say which classes it was trained for",
                remedy: "use a checkpoint that DenseKit wrote, or name a data set")
        }
        if let trained, trained.names != classes.names {
            throw OtherClasses(path: path, trained: trained.names, data: classes.names)
        }
        let model = try model(classes, textIsCached: Checkpoint.textIsCached(in: content.metadata))
        let report = try model.loadPretrained(
            content.tensors, atLeast: 1, unread: content.unread, source: path)
        guard report.unexpected.isEmpty else {
            throw LoadError(report: report, source: path, atLeast: 1)
        }
        try model.setTraining(false)
        return (model, classes)
    }

    /// The model with the weights at `path`, and its evaluator on `dataset`, the validation data of
    /// `tested`: this configuration, or another.
    ///
    /// - Parameters:
    ///   - path: of a checkpoint, a safetensors file, or a PyTorch file
    ///   - tested: the experiment whose data is evaluated
    ///   - dataset: the validation data of `tested`
    ///   - augmented: whether to use test-time augmentation, as `test.ratios` and `test.flip` say
    ///   - processes: that share the images; each of them evaluates, and gets the report of all
    /// - Throws: what `trainedModel(_:for:unnamed:)` throws and, on another configuration's data,
    ///   what `evaluator(_:trained:on:_:augmented:processes:)` throws.
    public func evaluator(
        of path: String, on tested: Experiment, _ dataset: any Dataset, augmented: Bool = false,
        processes: Processes = .current
    ) throws -> (model: DenseModel, evaluator: any Evaluator) {
        if tested.file == file {
            let model = try trainedModel(path, for: dataset.classes).model
            let evaluator = try evaluator(
                model, dataset, augmented: augmented, processes: processes)
            return (model, evaluator)
        }
        // Weights that do not name their classes have those of their own data.
        let (model, trained) = try trainedModel(path, unnamed: classes(of: "val"))
        let evaluator = try evaluator(
            model, trained: trained, on: tested, dataset, augmented: augmented,
            processes: processes)
        return (model, evaluator)
    }
}

/// Weights that were trained on other classes than the data set has.
public struct OtherClasses: DenseKitError {
    /// The path of the weights.
    public let path: String
    /// The class names that the weights were trained on.
    public let trained: [String]
    /// The class names of the data set.
    public let data: [String]

    public var origin: ErrorOrigin { .input }
    public var remedy: String? { "Measure it on data with its own classes, or train for these." }

    public var problem: String {
        let place = zip(trained, data).enumerated().first { $0.element.0 != $0.element.1 }
        let difference =
            place.map { "class \($0.offset) is '\($0.element.0)' there and '\($0.element.1)' here" }
            ?? "one list is longer"
        return
            "\(path) was trained for \(trained.count) classes, the data set has \(data.count): \(difference)"
    }
}
