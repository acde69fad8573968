import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit components [KIND or NAME]`
struct ComponentsCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "components",
            abstract:
                "List the components: the plugin that registered each, its settings and their defaults."
        )
    }

    @Argument(
        help: "A kind (backbone, neck, head, …) or the name of a component; everything if left out."
    )
    var filter: String?

    @Option(
        help: "Also list the components of this plugin file. May be given several times.",
        transform: FilePaths.expanded)
    var plugin: [String] = []

    @Option(
        help: "Also list the components of this configuration's plugins.",
        transform: FilePaths.expanded)
    var config: String?

    @Option(name: .customLong("run"), help: "With --config: one run of a sweep, by its name.")
    var sweepRun: String?

    func validate() throws {
        if sweepRun != nil, config == nil {
            throw ValidationError("--run needs --config: it names a run of that sweep")
        }
    }

    func run() throws {
        var registry = try Registry(List.plugins).loading(plugin.map { LocatedValue($0) })
        if let config {
            registry = try Experiment(config, run: sweepRun, registry: registry).registry
        }
        let entries = registry.entries
        let chosen = entries.filter { filter == nil || $0.kind == filter || $0.name == filter }
        guard !chosen.isEmpty else {
            let words = Set(entries.flatMap { [$0.kind, $0.name] })
            let near =
                nearestSpelling(to: filter ?? "", among: words.sorted()).map {
                    "; did you mean '\($0)'?"
                } ?? ""
            throw ValidationError("no component or kind is called '\(filter ?? "")'\(near)")
        }
        var kind = ""
        for entry in chosen {
            if entry.kind != kind { print("\(kind.isEmpty ? "" : "\n")\(entry.kind)") }
            kind = entry.kind
            print("  \(entry.name)  (plugin \(entry.plugin))")
            let settings = try YAMLNode(encoding: entry.defaults).yaml()
            for line in settings.split(separator: "\n") where line != "{}" {
                print("      \(line)")
            }
        }
    }
}
