import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

extension Experiment {
    /// The evaluator of `model` on the validation data of another configuration, with its test
    /// pipeline and test settings. Where the data set has a class map, only the shared classes are
    /// measured.
    ///
    /// - Parameters:
    ///   - model: of this experiment, in inference mode
    ///   - trained: the classes that the model was trained on
    ///   - other: the configuration of the data set
    ///   - dataset: the validation data of `other`
    ///   - augmented: whether to use test-time augmentation, as `test.ratios` and `test.flip`
    ///     define
    /// - Throws: `ConfigurationError` for a class map that does not fit,
    ///   `ExperimentError.otherDataset` where there is none and the classes differ.
    public func evaluator(
        _ model: DenseModel, trained: ClassList, on other: Experiment, _ dataset: any Dataset,
        augmented: Bool = false
    ) throws -> any Evaluator {
        guard let node = other.configuration.data.val else {
            return try other.evaluator(model, dataset, augmented: augmented)
        }
        let map = try node.classMap(model: trained.names, dataset: dataset.classes.names)
        if map == nil, trained.names != dataset.classes.names {
            throw ExperimentError.otherDataset(other.file)
        }
        guard try model.task.takesClassMaps else {
            return try other.evaluator(model, dataset, augmented: augmented)
        }
        if let wanted = try node.common("source_classes", as: String.self) {
            try check(source: wanted, node)
        }
        var options = try other.evaluationOptions(model, augmented: augmented)
        options.classMap = map
        try checkPrecision(of: .test)
        options.device = device
        options.precision = configuration.test.precision.dtype
        return try model.task.evaluator(of: model, on: dataset, options)
    }

    /// Whether this configuration's data is what the class map was written for.
    private func check(source: String, _ node: ComponentNode) throws {
        let own = [configuration.data.train, configuration.data.val].compactMap { $0?.type }
        guard let first = own.first, !own.contains(source) else { return }
        throw ConfigurationError(
            at: node.node["source_classes"]?.location ?? node.location,
            "the class_map is written for models of \(source), and \(file) has data of \(first)",
            hint: "use a model of \(source), or write a map for the classes of \(first)")
    }
}
