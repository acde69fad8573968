import DenseKitComponents
import DenseKitData
import DenseKitExperiments
import DenseKitVision

/// The rules that an experiment has to follow, each by itself, and what is worth a warning.
///
/// `ExperimentCheck` collects what all of them find, and `check(_:_:fits:)`; making a trainer
/// throws what the first finds.
extension Experiment {
    /// Builds pipelines, optimizer, schedule and hooks, without model and data, to find mistakes in
    /// their settings.
    /// - Throws: `ConfigurationError` or `BuildError` for the first mistake.
    public func checkRecipe() throws { for check in Self.recipeChecks { try check(self) } }

    /// Optimizer, schedule, hooks and pipelines, each by itself.
    static let recipeChecks: [@Sendable (Experiment) throws -> Void] = [
        {
            _ = try $0.registry.optimizers.make($0.configuration.optimizer, $0.context).optimizer(
                for: [])
        },
        { _ = try $0.registry.schedules.make($0.configuration.schedule, $0.context) },
        { _ = try $0.runHooks() },
        { _ = try $0.trainPipeline() },
        { _ = try $0.testPipeline() },
    ]

    /// Throws `ExperimentError` where a model that is trained on the classes of one data set cannot
    /// be validated on the other's.
    func checkClasses(train: ClassList, val: ClassList) throws {
        guard train.names == val.names else {
            throw ExperimentError.otherClasses(train: train.names, val: val.names)
        }
    }

    /// Throws `ConfigurationError` where no parameter of the model is trained.
    func checkTrainable(_ model: DenseModel) throws {
        let parameters = try model.namedParameters()
        guard parameters.contains(where: \.tensor.requiresGrad) else {
            throw ConfigurationError(
                at: node.location(of: ["model", "freeze"]) ?? .file(file),
                "no parameter of the model is trained: model.freeze and its parts' settings freeze all \(parameters.count)",
                hint: "leave one of them out")
        }
    }

    /// Warnings that do not stop training, a sentence each: what slows the engine down, what of the
    /// data set is not used, and settings of the recipe that may not do what is meant.
    public func warnings(on model: DenseModel, training dataset: any Dataset) throws -> [String] {
        try Engine.warnings + dataset.warnings.map(\.description)
            + settingWarnings(on: model, training: dataset)
    }
}
