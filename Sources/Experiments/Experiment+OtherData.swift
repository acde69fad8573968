import DenseKitComponents
import DenseKitData
import DenseKitEvaluation
import DenseKitVision

extension Experiment {
    /// The evaluator of `model` on the validation data of another configuration, with that one's pipeline and way of testing. Where the
    /// data set has a class map, the shared classes are measured.
    ///
    /// - Parameters:
    ///   - trained: the classes that the model was trained for
    ///   - node: the data set as the other configuration names it
    /// - Throws: `ConfigurationError` for a class map that does not fit, `ExperimentError.otherClasses` where there is none and the classes are
    ///   not the same.
    public func evaluator(
        _ model: DenseModel, trained: ClassList, on other: Experiment, _ dataset: any Dataset, augmented: Bool = false
    ) throws -> any Evaluator {
        guard let node = other.configuration.data.val else {
            return try other.evaluator(model, dataset, augmented: augmented)
        }
        let map = try node.classMap(model: trained.names, dataset: dataset.classes.names)
        if map == nil, trained.names != dataset.classes.names { throw ExperimentError.otherDataset(other.file) }
        guard model.head.task == .segmentation else { return try other.evaluator(model, dataset, augmented: augmented) }
        if let wanted = try node.common("source_classes", as: String.self) { try check(source: wanted, node) }
        let mode = try other.configuration.test.inferenceMode
        let inference =
            map?.unmapped == .excluded
            ? SegmentationInference(model, classes: map?.kept ?? [], mode: mode) : SegmentationInference(model, mode: mode)
        var evaluator = SegmentationEvaluator(inference, dataset, try other.testPipeline())
        evaluator.classMap = map
        if augmented {
            evaluator.augmentation = .init(ratios: other.configuration.test.ratios, flip: other.configuration.test.flip)
        }
        evaluator.workers = other.configuration.data.workers
        evaluator.device = device
        evaluator.precision = configuration.test.precision.dtype
        return evaluator
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
