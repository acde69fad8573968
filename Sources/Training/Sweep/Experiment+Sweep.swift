import DenseKitComponents

extension Experiment {
    /// The experiment of one run of a sweep; where `run` is nil, that of a file without a sweep.
    ///
    /// - Parameters:
    ///   - file: the path of the configuration
    ///   - run: the run's name (`Sweep.run(named:)`)
    ///   - overrides: assignments `a.b.c=value` laid over the run
    ///   - registry: the components that it may name
    ///   - device: the device that its models are built and run on
    /// - Throws: `ConfigurationError` for mistakes in the file and where `run` and the file do not
    ///   go together, `ArgumentError` for a name that no run has.
    public init(
        _ file: String, run: String?, overrides: [String] = [], registry: Registry,
        device: Device = .cpu
    ) throws {
        guard let run else {
            try self.init(file, overrides: overrides, registry: registry, device: device)
            return
        }
        let sweep = try Sweep(file, registry: registry, device: device)
        self = try sweep.run(named: run).experiment(overrides: overrides)
    }
}
