import DenseKitComponents
import DenseKitConfiguration
import Foundation

/// A configuration whose `sweep:` lists runs: each is the configuration with a few other values,
/// and all of them make one table.
///
///     let sweep = try Sweep("ablation.yaml", registry: registry)
///     let table = try sweep.train()
///     print(table.text)
///
/// `densekit sweep` does the same with every run in a process of its own.
public struct Sweep: Sendable {
    /// The path of the configuration file.
    public let file: String
    /// The name of the file without folder and ending.
    public let name: String
    /// The folder that holds the work directory of every run, `table.md` and `table.json`.
    public let folder: String
    /// The runs, in the order of the table.
    public let runs: [SweepRun]
    /// The components that the runs may name.
    public let registry: Registry
    /// The device that the runs are trained on.
    public let device: Device

    /// Reads the file and every configuration that it names, and composes the runs. Nothing is
    /// trained or written.
    ///
    /// - Parameters:
    ///   - file: the path of a configuration with `sweep:`
    ///   - overrides: assignments `a.b.c=value` laid over every run
    ///   - workDirectory: the folder of the runs' work directories; if nil, `work_dir` of the file,
    ///     else `work_dirs/<name of the file>`
    ///   - registry: the components that the runs may name
    ///   - device: the device that the runs are trained on
    /// - Throws: `ConfigurationError` at the place of a mistake in the list of runs, and
    ///   `ConfigurationErrors` for several. Mistakes within a run are found by `check()`.
    public init(
        _ file: String, overrides: [String] = [], workDirectory: String? = nil, registry: Registry,
        device: Device = .cpu
    ) throws {
        let collector = ErrorCollector()
        try self.init(
            file, overrides: overrides, workDirectory: workDirectory, registry: registry,
            device: device,
            collector)
        try collector.throwErrors()
    }

    /// Composes the runs without a mistake; `collector` takes the mistakes.
    ///
    /// - Throws: `ConfigurationError` for a file that has no sweep, `ConfigurationErrors` for one
    ///   that cannot be read.
    package init(
        _ file: String, overrides: [String] = [], workDirectory: String? = nil, registry: Registry,
        device: Device = .cpu, _ collector: ErrorCollector
    ) throws {
        let draft = YAMLNode.draft(path: file)
        for error in draft.errors { try collector.report(error) }
        let root = draft.node
        if root["sweep"] == nil, !draft.isWhole { try collector.throwErrors() }
        guard let entry = root.mapping?.entry("sweep") else {
            throw ConfigurationError(
                at: .file(file), "has no sweep: it is one experiment, which \(Term.train) trains",
                hint: "list runs, such as `sweep: {grid: {train.seed: [0, 1, 2]}}`")
        }
        self.file = file
        self.registry = registry
        self.device = device
        name = URL(filePath: file).deletingPathExtension().lastPathComponent
        folder = WorkDirectory.choose(
            option: workDirectory, configuration: root["work_dir"]?.scalar?.text, name: name)
        let builder = RunBuilder(
            file: file, folder: folder, own: root.without("sweep"), overrides: overrides,
            sweep: try SweepConfiguration(entry, collector), registry: registry, device: device,
            collector: collector)
        runs = try builder.runs(at: entry.keyLocation)
    }

    /// The run with this name, or with this folder name.
    ///
    /// - Throws: `ArgumentError` with the nearest name and all names where there is none.
    public func run(named name: String) throws -> SweepRun {
        let byName = runs.first { $0.name == name }
        guard let run = byName ?? runs.first(where: { $0.slug == name }) else {
            let names = runs.map(\.name)
            let near = nearestSpelling(to: name, among: names + runs.map(\.entry))
            let hint = near.map { "; did you mean '\($0)'?" } ?? ""
            let list = names.prefix(20).joined(separator: "; ") + (names.count > 20 ? "; …" : "")
            throw ArgumentError("\(file) has no run '\(name)'\(hint) (runs: \(list))")
        }
        return run
    }

    /// The runs with this name; for a name in `sweep.runs`, all its combinations of the grid.
    ///
    /// - Throws: `ArgumentError` with the nearest name and all names where there is none.
    public func runs(named name: String) throws -> [SweepRun] {
        let combinations = name.isEmpty ? [] : runs.filter { $0.entry == name }
        return combinations.isEmpty ? [try run(named: name)] : combinations
    }

    /// The runs with the scores that their work directories hold at this moment.
    ///
    /// - Throws: `ConfigurationError` for a run whose settings do not fit.
    public func table() throws -> SweepTable { try SweepTable(self) }
}

/// Puts the runs of a sweep together.
private struct RunBuilder {
    let file: String
    let folder: String
    /// The file without `sweep`.
    let own: YAMLNode
    let overrides: [String]
    let sweep: SweepConfiguration
    let registry: Registry
    let device: Device
    let collector: ErrorCollector

    /// The runs without a mistake.
    func runs(at location: SourceLocation) throws -> [SweepRun] {
        let isSound = collector.errors.isEmpty
        let points = try collector.attempt { try sweep.points(collector) } ?? [GridPoint()]
        let common =
            try collector.attempt { try SweepConfiguration.assignments(sweep.set, "sweep.set") }
            ?? YAMLNode.Mapping()
        var runs: [SweepRun] = []
        for entry in sweep.runs {
            try collector.attempt {
                if entry.name.value.isEmpty {
                    throw ConfigurationError(at: entry.name.location, "the name of a run is empty")
                }
                let set = try entry.set.map {
                    try SweepConfiguration.assignments($0, "set of the run '\(entry.name.value)'")
                }
                guard let base = try self.base(entry) else { return }
                for point in points {
                    try collector.attempt {
                        try add(point, entry, base, common, set ?? YAMLNode.Mapping(), to: &runs)
                    }
                }
            }
        }
        if sweep.runs.isEmpty {
            guard points.count > 1 || points[0].assignments.count > 0 else {
                // A list that was left out for a mistake in it is no missing one.
                if isSound, collector.errors.isEmpty {
                    throw ConfigurationError(
                        at: location, "sweep lists no runs",
                        hint: "list some, such as `sweep: {grid: {train.seed: [0, 1, 2]}}`")
                }
                return runs
            }
            for point in points {
                try collector.attempt {
                    try add(point, nil, ([file], own), common, YAMLNode.Mapping(), to: &runs)
                }
            }
        } else if sweep.runs.allSatisfy({ $0.config != nil }),
            let unused = own.mapping?.entries.first(where: { $0.key != "work_dir" })
        {
            try collector.report(
                ConfigurationError(
                    at: unused.keyLocation,
                    "no run starts from this configuration: each names its own",
                    hint: "settings of all runs go in sweep.set"))
        }
        return runs
    }

    /// What a run starts from: the files, and their configurations laid over one another; nil where
    /// one cannot be read, which the collector then knows.
    private func base(_ entry: SweepConfiguration.Entry) throws -> (
        files: [String], node: YAMLNode
    )? {
        guard let config = entry.config else { return ([file], own) }
        let nodes = try config.files.compactMap { try load($0) }
        guard nodes.count == config.files.count else { return nil }
        let node = try nodes.dropFirst().reduce(nodes[0]) {
            try $0.overridden(by: $1.mapping ?? YAMLNode.Mapping())
        }
        return (config.files.map(\.resolved), node)
    }

    private func load(_ config: LocatedValue<String>) throws -> YAMLNode? {
        let path = config.resolved
        let draft = YAMLNode.draft(path: path)
        for error in draft.errors {
            try collector.report(
                error.location == .file(path)
                    ? ConfigurationError(
                        at: config.location, "config \(path): \(error.message)", hint: error.hint,
                        kind: error.kind)
                    : error)
        }
        guard draft.isWhole else { return nil }
        let node = draft.node
        if node["sweep"] != nil {
            throw ConfigurationError(
                at: config.location,
                "config \(path): is a sweep itself, and one experiment is wanted")
        }
        return node
    }

    private func add(
        _ point: GridPoint, _ entry: SweepConfiguration.Entry?,
        _ base: (files: [String], node: YAMLNode),
        _ common: YAMLNode.Mapping,
        _ set: YAMLNode.Mapping, to runs: inout [SweepRun]
    ) throws {
        if let both = point.assignments.entries.first(where: { set[$0.key] != nil }) {
            throw ConfigurationError(
                at: set.entry(both.key)?.keyLocation ?? both.keyLocation,
                "\(both.key) is in sweep.grid too", hint: "keep one"
            )
        }
        let name = ([entry?.name.value].compactMap { $0 } + point.labels).joined(separator: ", ")
        let location =
            entry?.name.location ?? point.assignments.entries.first?.value.location ?? .file(file)
        let slug = try SweepRun.slug(name, at: location)
        if let other = runs.first(where: { $0.slug.lowercased() == slug.lowercased() }) {
            let problem =
                other.name == name
                ? "a second run is called '\(name)'"
                : "the runs '\(other.name)' and '\(name)' share a folder"
            throw ConfigurationError(at: location, problem, hint: "give each a name of its own")
        }
        let work = "\(folder)/\(slug)"
        var place = YAMLNode.Mapping()
        place.set("work_dir", to: try YAMLNode(encoding: work), keyLocation: .file(file))
        let own = ErrorCollector()
        let node = try base.node.overridden(by: common, collector: own).overridden(
            by: set, collector: own
        )
        .overridden(by: point.assignments, collector: own).overridden(by: overrides, collector: own)
        .overridden(by: place)
        for error in own.errors { try collector.report(error) }
        guard own.errors.isEmpty else { return }
        if let other = runs.first(where: { $0.node.without("work_dir") == node.without("work_dir") }
        ) {
            throw ConfigurationError(
                at: location, "the run '\(name)' is the same as '\(other.name)'",
                hint: "remove one, or change a value in it")
        }
        var assignments = set
        for value in point.assignments.entries {
            assignments.set(value.key, to: value.value, keyLocation: value.keyLocation)
        }
        runs.append(
            SweepRun(
                name: name, entry: entry?.name.value ?? "", slug: slug, folder: work, file: file,
                location: location, bases: base.files, assignments: assignments, node: node,
                registry: registry, device: device))
    }
}
