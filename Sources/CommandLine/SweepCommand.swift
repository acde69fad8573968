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

    func validate() throws {
        if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
        if list, !only.isEmpty {
            throw ValidationError(
                "--only says what is trained, and --list trains nothing: use one of them")
        }
    }

    func run() throws {
        Interruption.watch()
        _ = try compute.start()
        let registry = try Registry(List.plugins)
        let sweep = try Sweep(file, overrides: overrides, workDir: workDir)
        let names = try Set(only.flatMap { try sweep.runs(named: $0) }.map(\.name))
        guard !list else { return try show(SweepTable(sweep, registry)) }
        let runs = try SweepCheck(registry: registry).check(sweep.runs).filter {
            names.isEmpty || names.contains($0.run.name)
        }
        try train(runs, sweep, registry)
        try show(SweepTable(sweep, registry))
        let unfinished = runs.filter { !$0.isFinished }.map(\.run.name)
        guard unfinished.isEmpty else { throw UnfinishedRuns(names: unfinished) }
    }

    private func show(_ table: SweepTable) throws {
        let report = SweepReport(table: table)
        print(
            json
                ? String(decoding: try report.json, as: UTF8.self)
                : markdown ? report.markdown : report.text)
    }

    /// One run after another; those that another sweep is at, last.
    private func train(_ runs: [CheckedRun], _ sweep: Sweep, _ registry: Registry) throws {
        let process = SweepProcess(
            options: ["--device=\(compute.device)"]
                + (compute.threads.map { ["--threads=\($0)"] } ?? [])
                + overrides.map { "--set=\($0)" })
        let logger = try RunLog.logger()
        var left = runs.filter { !$0.isFinished }
        logger.info(
            "\(sweep.name): \(runs.count) runs, \(runs.count - left.count) of them finished; work directory \(sweep.folder)"
        )
        try SweepReport(table: SweepTable(sweep, registry)).write()
        do {
            while !left.isEmpty {
                let next = left.remove(at: try freeRun(of: left) { logger.info("\($0)") })
                guard !next.isFinished else { continue }
                logger.info("run '\(next.run.name)', \(left.count) more to come")
                if let reason = try process.train(next.run) {
                    if WorkDirectory.owner(of: next.run.folder) == nil {
                        logger.error("run '\(next.run.name)' failed: \(reason)")
                    } else {
                        try? FileManager.default.removeItem(atPath: next.run.failure)
                        left.append(next)  // another sweep was quicker to take it
                    }
                }
                try SweepReport(table: SweepTable(sweep, registry)).write()
            }
        } catch let stop as Interrupted {
            logger.warning("\(stop): the same command resumes the sweep")
            throw ExitCode(stop.exitCode)
        }
    }

    /// The place of the first run that nobody is at. Waits where others are at all of them.
    private func freeRun(of runs: [CheckedRun], _ tell: (String) -> Void) throws -> Int {
        var isTold = false
        while true {
            try Interruption.check()
            if let index = runs.firstIndex(where: { WorkDirectory.owner(of: $0.run.folder) == nil })
            {
                return index
            }
            if !isTold {
                tell(
                    "waiting for runs that others are at: \(runs.map(\.run.name).joined(separator: "; "))"
                )
            }
            isTold = true
            usleep(200_000)
        }
    }
}

/// Runs that did not come to their end, though nothing stopped the sweep.
struct UnfinishedRuns: DenseKitError {
    let names: [String]

    var problem: String {
        "\(names.count) run\(names.count == 1 ? " is" : "s are") not finished: \(names.joined(separator: "; "))"
    }
    var remedy: String? {
        "The table says why; once that is fixed, the same command resumes them."
    }
    var origin: ErrorOrigin { .input }
}
