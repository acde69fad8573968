import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit reproduce TABLE`
struct ReproduceCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "reproduce",
            abstract: "Print a paper's table with the paper's figures beside ours: mIoU or AP, GFLOPs, parameters.",
            discussion: """
                GFLOPs and parameters are counted anew, from shapes alone. Scores are those of finished runs in the work directories: \
                single_scale.json and multi_scale.json, as `densekit test --out` writes them, else the best validation.
                """)
    }

    @Argument(
        help: "table1 to table8 of DenseCLIP; clip-sp-table1 to clip-sp-table7 of CLIP-SP; icpc-table1 to icpc-table11 of ICPC.")
    var table: String

    @Option(help: "The folder of the shipped configurations.", transform: FilePaths.expanded)
    var configs = "configs"

    @Option(
        help: "The folder of work directories, each under its configuration's name, a sweep's in the sweep's.",
        transform: FilePaths.expanded)
    var workDirs = "work_dirs"

    @Option(
        help: "Weights to measure on the configuration's data: NAME=PATH, by its name or its run's. May be given several times.")
    var weights: [String] = []

    @Flag(help: "As JSON.")
    var json = false

    @Flag(help: "As Markdown.")
    var markdown = false

    func validate() throws {
        if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
        _ = try chosen
        _ = try measured
    }

    func run() throws {
        try Engine.setThreadCount(Engine.defaultThreadCount)
        guard FileManager.default.fileExists(atPath: configs) else {
            throw ValidationError(
                "\(configs): no such folder; run in the folder that holds the shipped configs, or name it with --configs")
        }
        let reproduction = Reproduction(
            registry: try Registry(List.plugins), configs: configs, workDirs: workDirs, weights: try measured)
        let report = ReproductionReport(table: try chosen, rows: try reproduction.rows(of: try chosen))
        print(json ? String(decoding: try report.json, as: UTF8.self) : markdown ? report.markdown : report.text)
    }

    private var chosen: PaperTable {
        get throws {
            let names = PaperTable.all.map(\.name)
            guard let found = PaperTable.all.first(where: { $0.name == table }) else {
                let near = nearestWord(to: table, among: names).map { "; did you mean \($0)?" } ?? ""
                throw ValidationError("there is no table '\(table)'\(near) (tables: \(names.joined(separator: ", ")))")
            }
            return found
        }
    }

    /// Paths of weights by the names of configurations and runs.
    private var measured: [String: String] {
        get throws {
            let names = try chosen.rows.compactMap(\.modelName)
            return try weights.reduce(into: [:]) { result, text in
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw ValidationError("--weights '\(text)': expected NAME=PATH") }
                guard names.contains(parts[0]) else {
                    let near = nearestWord(to: parts[0], among: names).map { "; did you mean \($0)?" } ?? ""
                    throw ValidationError("--weights '\(text)': no row of \(table) is called '\(parts[0])'\(near)")
                }
                result[parts[0]] = FilePaths.expanded(parts[1])
            }
        }
    }
}
