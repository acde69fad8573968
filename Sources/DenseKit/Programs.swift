import DenseKitBuiltIn
import DenseKitCore

extension Registry {
    /// The built-in components, with those of `plugins` beside them.
    ///
    /// - Throws: `RegistryError` where two plugins claim one name.
    public static func builtIn(adding plugins: [any Plugin] = []) throws -> Registry {
        try Registry(BuiltIn.plugins + plugins)
    }
}

extension Experiment {
    /// Reads a configuration whose components are built in, in its plugin files, or in `plugins`.
    ///
    ///     let experiment = try Experiment("street.yaml", overrides: ["train.batch=8"])
    ///
    /// - Parameters:
    ///   - file: the path of the YAML file
    ///   - overrides: changes of single values, such as `train.batch=8`
    ///   - plugins: components of the program
    ///   - device: where to compute
    /// - Throws: `ConfigurationError` with the place of the mistake, and `FilePluginError` for a
    ///   plugin file that cannot be compiled.
    public init(
        _ file: String, overrides: [String] = [], plugins: [any Plugin] = [], device: Device = .cpu
    ) throws {
        try self.init(
            file, overrides: overrides, registry: .builtIn(adding: plugins), device: device)
    }
}

extension Experiment {
    /// Reads one run of a sweep whose components are built in, in its plugin files, or in
    /// `plugins`.
    ///
    ///     try Experiment("ablation.yaml", run: "wide, seed 0").train(from: .newestCheckpoint)
    ///
    /// - Parameters:
    ///   - file: the path of a configuration with `sweep:`
    ///   - run: the run's name (`Sweep.run(named:)`)
    ///   - overrides: assignments `a.b.c=value` laid over the run
    ///   - plugins: components of the program
    ///   - device: the device that models are built and run on
    /// - Throws: `ConfigurationError` with the place of the mistake, `ArgumentError` for a name
    ///   that no run has.
    public init(
        _ file: String, run: String, overrides: [String] = [], plugins: [any Plugin] = [],
        device: Device = .cpu
    ) throws {
        let registry = try Registry.builtIn(adding: plugins)
        try self.init(file, run: run, overrides: overrides, registry: registry, device: device)
    }
}

extension Sweep {
    /// Reads a sweep whose components are built in, in its plugin files, or in `plugins`.
    ///
    ///     let sweep = try Sweep("ablation.yaml")
    ///     let table = try sweep.train()
    ///     print(table.text)
    ///
    /// - Parameters:
    ///   - file: the path of a configuration with `sweep:`
    ///   - overrides: assignments `a.b.c=value` laid over every run
    ///   - workDirectory: the folder of the runs' work directories; if nil, `work_dir` of the file,
    ///     else `work_dirs/<name of the file>`
    ///   - plugins: components of the program
    ///   - device: the device that the runs are trained on
    /// - Throws: `ConfigurationError` at the place of a mistake in the list of runs, and
    ///   `ConfigurationErrors` for several.
    public init(
        _ file: String, overrides: [String] = [], workDirectory: String? = nil,
        plugins: [any Plugin] = [], device: Device = .cpu
    ) throws {
        let registry = try Registry.builtIn(adding: plugins)
        try self.init(
            file, overrides: overrides, workDirectory: workDirectory, registry: registry,
            device: device)
    }
}

extension Predictor {
    /// Predicts with a checkpoint that training wrote: model, classes and the way of testing are
    /// those of the configuration in it.
    ///
    ///     let predictor = try Predictor("work_dirs/street/best_mIoU_iter_8000")
    ///     let result = try predictor("street.jpg")
    ///     try result.drawing().write(to: "street.png")
    ///
    /// - Parameters:
    ///   - checkpoint: the folder of a checkpoint, or its `model.safetensors`
    ///   - classNames: other classes than the model was trained for, where it takes names
    ///   - plugins: components of the program
    ///   - device: the device that the model computes on; if nil, the one that it was trained on,
    ///     or the CPU where the checkpoint does not name one
    /// - Throws: `CheckpointError` for a file that holds no configuration and where this machine
    ///   does not have the checkpoint's device, `LoadError` for weights that do not fit it.
    public init(
        _ checkpoint: String, classNames: [String]? = nil, plugins: [any Plugin] = [],
        device: Device? = nil
    ) throws {
        let registry = try Registry.builtIn(adding: plugins)
        try self.init(checkpoint, registry: registry, device: device, classNames: classNames)
    }
}
