import DenseKitComponents
import DenseKitConfiguration

extension ExperimentCheck {
    /// A check of one run of a sweep; where `run` is nil, of a file as a whole: of an experiment,
    /// or of a sweep's list of runs.
    ///
    /// - Parameters:
    ///   - file: the path of the configuration
    ///   - run: the run's name (`Sweep.run(named:)`); nil for the whole file
    ///   - overrides: assignments `a.b.c=value` laid over the configuration
    ///   - registry: the components that it may name
    ///   - device: the device that the model is built on and the step is taken on
    /// - Throws: `ConfigurationError` for a file that has no sweep, `ConfigurationErrors` for one
    ///   whose list of runs has mistakes and lacks this run, `ArgumentError` for a name that no run
    ///   has. Other mistakes become findings.
    public init(
        _ file: String, run: String?, overrides: [String] = [], registry: Registry,
        device: Device = .cpu
    ) throws {
        let collector = ErrorCollector()
        guard let run else {
            self.init(file, overrides: overrides, registry: registry, device: device)
            if isSweep {
                try collector.attempt {
                    _ = try Sweep(file, overrides: overrides, registry: registry, collector)
                }
            }
            add(collector.errors)
            return
        }
        let sweep = try Sweep(file, registry: registry, collector)
        // A run with a mistake in the list of runs is not among them.
        if (try? sweep.run(named: run)) == nil { try collector.throwErrors() }
        let found = try sweep.run(named: run)
        let node = try found.node.overridden(by: overrides, collector: collector)
        let draft = YAMLNode.Draft(node, errors: collector.errors)
        self.init(found.file, draft, name: found.slug, registry: registry, device: device)
    }
}
