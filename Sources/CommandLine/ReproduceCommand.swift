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
                GFLOPs and parameters are counted anew, from shapes alone. Scores are those of finished runs in the work directories: \
                single_scale.json and multi_scale.json, as `densekit test --out` writes them, else the best validation.
                A table is a file, CONFIGS/tables/TABLE.yaml.
                """)
    }

    @Argument(help: "The table: the name of a file in CONFIGS/tables, without .yaml.")
    var table: String

    @Option(help: "The folder of the shipped configurations.", transform: FilePaths.expanded)
    var configs = "configs"

    @Option(
        help:
            "The folder of work directories, each under its configuration's name, a sweep's in the sweep's.",
        transform: FilePaths.expanded)
    var workDirs = "work_dirs"

    @Option(
        help:
            "Weights to measure on the configuration's data: NAME=PATH, by its name or its run's. May be given several times."
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
        let table = try chosen()
        let reproduction = try Reproduction(
            registry: Registry(List.plugins), configs: configs, workDirs: workDirs,
            weights: measured(for: table))
        let report = ReproductionReport(table: table, rows: try reproduction.rows(of: table))
        print(
            json
                ? String(decoding: try report.json, as: UTF8.self)
                : markdown ? report.markdown : report.text)
    }

    private func chosen() throws -> PaperTable {
        let names = PaperTable.names(in: configs)
        guard !names.isEmpty else {
            throw ValidationError(
                "\(PaperTable.folder(in: configs)): no such folder, or no table in it")
        }
        guard names.contains(table) else {
            let near =
                nearestSpelling(to: table, among: names).map { "; did you mean \($0)?" } ?? ""
            throw ValidationError(
                "there is no table '\(table)'\(near) (tables: \(names.joined(separator: ", ")))")
        }
        return try PaperTable(table, in: configs)
    }

    /// Paths of weights by the names of configurations and runs.
    private func measured(for table: PaperTable) throws -> [String: String] {
        let names = table.rows.compactMap(\.modelName)
        return try weights.reduce(into: [:]) { result, text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--weights '\(text)': expected NAME=PATH")
            }
            guard names.contains(parts[0]) else {
                let near =
                    nearestSpelling(to: parts[0], among: names).map { "; did you mean \($0)?" }
                    ?? ""
                throw ValidationError(
                    "--weights '\(text)': no row of \(table.name) is called '\(parts[0])'\(near)")
            }
            result[parts[0]] = FilePaths.expanded(parts[1])
        }
    }
}
