import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit sweep FILE`
struct SweepCommand<List: PluginList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "sweep",
            abstract:
                "Train every run that a configuration lists under `sweep:`, and print their table.",
            discussion: """
                All runs are checked first. The same command resumes where it was stopped: finished runs are not run again, others resume from their \
                newest good checkpoint. Several sweeps may work in one directory; each takes runs that no other has.
                """)
    }

    @Argument(help: "A configuration with `sweep:`.", transform: FilePaths.expanded)
    var file: String

    @Option(
        help:
            "The folder of the runs' work directories; work_dir of the file, else work_dirs/<its name>, if left out.",
        transform: FilePaths.expanded)
    var workDir: String?

    @Option(
        name: [.customLong("set"), .customShort("o")],
        help: "Change a value of every run: a.b.0.c=v. May be given several times."
    )
    var overrides: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: "Train these runs alone, by their names; the table shows all.")
    var only: [String] = []

    @Flag(help: "Train nothing: print the table of what is there.")
    var list = false

    @Flag(help: "The table as JSON.")
    var json = false

    @Flag(help: "The table as Markdown.")
    var markdown = false

    @OptionGroup var compute: ComputeOptions
    @OptionGroup var processes: ProcessOptions

    func validate() throws {
        if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
        if list, !only.isEmpty {
            throw ValidationError(
                "--only says what is trained, and --list trains nothing: use one of them")
        }
    }

    func run() throws {
        Interruption.watch()
        let environment = try processes.environmentOfSweep(with: compute)
        let device = try processes.start(compute, in: environment)
        let registry = try Registry(List.plugins)
        let sweep = try Sweep(
            file, overrides: overrides, workDirectory: workDir, registry: registry, device: device)
        if list { return try show(sweep) }
        let process = SweepProcess(
            options: compute.arguments + processes.arguments + overrides.map { "--set=\($0)" })
        do {
            try sweep.train(only: only, by: process.train)
            try show(sweep)
        } catch let unfinished as UnfinishedRuns {
            try show(sweep)
            throw unfinished
        } catch let stop as Interrupted {
            try RunLog.logger().warning("\(stop): the same command resumes the sweep")
            throw ExitCode(stop.exitCode)
        }
    }

    private func show(_ sweep: Sweep) throws {
        let table = try sweep.table()
        let data = try json ? table.json : nil
        print(
            data.map { String(decoding: $0, as: UTF8.self) }
                ?? (markdown ? table.markdown : table.text))
    }
}
