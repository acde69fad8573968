import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit reproduce TABLE`
struct ReproduceCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "reproduce",
            abstract:
                "Print a paper's table with the paper's metrics beside ours: mIoU or AP, GFLOPs, parameters.",
            discussion: """
                GFLOPs and parameters are counted again, from shapes alone. Scores are those of finished runs in the work directories: \
                single_scale.json and multi_scale.json, as `test --out` writes them, else the best validation.
                A table is a file, CONFIGS/tables/TABLE.yaml.
                """)
    }

    @Argument(help: "The table: the name of a file in CONFIGS/tables, without .yaml.")
    var table: String

    @Option(help: "The folder of the shipped configurations.", transform: FilePaths.expanded)
    var configs = "configs"

    @Option(
        help:
            "The folder of work directories, each with the name of its configuration; those of a sweep's runs are in a folder with the sweep's name.",
        transform: FilePaths.expanded)
    var workDirs = "work_dirs"

    @Option(
        help:
            "Weights to measure on the configuration's data: NAME=PATH, by the name of the configuration or of the run. May be given several times."
    )
    var weights: [String] = []

    @Flag(help: "As JSON.")
    var json = false

    @Flag(help: "As Markdown.")
    var markdown = false

    func validate() throws {
        if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
    }

    func run() throws {
        try Engine.setThreadCount(Engine.defaultThreadCount)
        guard FileManager.default.fileExists(atPath: configs) else {
            throw ValidationError(
                "\(configs): no such folder; run in the folder that holds the shipped configs, or name it with --configs"
            )
        }
        let table = try PaperTable(table, in: configs)
        let weights = try measured(for: table)
        let registry = try Registry(List.plugins)
        var reproduction = try Reproduction(
            of: table, in: configs, workDirectories: workDirs, weights: weights, registry: registry)
        for index in reproduction.rows.indices {
            reproduction.rows[index].command = RowCommand.next(of: reproduction.rows[index])
        }
        let data = try json ? reproduction.json : nil
        let text = data.map { String(decoding: $0, as: UTF8.self) }
        print(text ?? (markdown ? reproduction.markdown : reproduction.text))
    }

    /// Paths of weights by the names of configurations and runs.
    private func measured(for table: PaperTable) throws -> [String: String] {
        try weights.reduce(into: [:]) { result, text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--weights '\(text)': expected NAME=PATH")
            }
            do {
                try table.requireModel(named: parts[0])
            } catch let error as ArgumentError {
                throw ValidationError("--weights '\(text)': \(error.problem)")
            }
            result[parts[0]] = FilePaths.expanded(parts[1])
        }
    }
}
