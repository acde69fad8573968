import ArgumentParser
import DenseKitCore

/// Options that every command which computes has.
struct ComputeOptions: ParsableArguments {
    @Option(help: "Where to compute: cpu, cuda or cuda:N; cpu if left out.")
    var device: String?

    @Option(help: "Threads of the engine; OMP_NUM_THREADS, else all processors, if left out.")
    var threads: Int?

    /// The options as they were given, for another process.
    var arguments: [String] {
        let device = device.map { ["--device=\($0)"] } ?? []
        return device + (threads.map { ["--threads=\($0)"] } ?? [])
    }

    /// Sets the engine up. Throws `ValidationError` for a device that is not there.
    func start() throws -> Device {
        let name = device ?? "cpu"
        guard let device = Device(name), device != .privateUse1 else {
            throw ValidationError("--device '\(name)' is none of cpu, cuda, cuda:N")
        }
        if let (problem, remedy) = Engine.cuda.problem(with: device) {
            throw ValidationError("--device \(device): \(problem); \(remedy)")
        }
        if let threads, threads < 1 {
            throw ValidationError("--threads must be at least 1, found \(threads)")
        }
        try Engine.setThreadCount(threads ?? Engine.defaultThreadCount)
        return device
    }
}

/// The configuration file and what the command line changes in it.
struct ConfigOptions: ParsableArguments {
    @Argument(help: "The configuration, a YAML file.", transform: FilePaths.expanded)
    var config: String

    @Option(
        name: [.customLong("set"), .customShort("o")],
        help: "Change a value: a.b.0.c=v. May be given several times.")
    var overrides: [String] = []

    @Option(
        name: .customLong("cfg-options"), parsing: .upToNextOption,
        help: .init("The same under OpenMMLab's name.", visibility: .hidden))
    var cfgOptions: [String] = []

    @Option(
        name: .customLong("run"),
        help: "One run of a sweep, by its name, where the configuration lists several.")
    var sweepRun: String?

    /// What `check` looks at: the whole file, or the requested run.
    func check<List: PluginList>(_ list: List.Type, device: Device = .cpu) throws -> ExperimentCheck
    {
        let registry = try Registry(List.plugins)
        return try ExperimentCheck(
            config, run: sweepRun, overrides: overrides + cfgOptions, registry: registry,
            device: device)
    }

    /// The experiment: the whole file, or the requested run.
    func experiment<List: PluginList>(_ list: List.Type, device: Device = .cpu) throws -> Experiment
    {
        try Experiment(
            config, run: sweepRun, overrides: overrides + cfgOptions,
            registry: Registry(List.plugins), device: device)
    }
}
