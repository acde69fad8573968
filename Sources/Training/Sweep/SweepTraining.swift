import DenseKitErrors
import Foundation
import Logging

extension Sweep {
    /// Trains the runs one after another in this process, each from where its work directory stands
    /// to its end. All runs are checked before the first is trained; finished ones are not trained
    /// again.
    ///
    /// A run that fails does not stop the others. Several processes may train one sweep: each takes
    /// a run that no other has, and waits for the others at the end. SIGINT and SIGTERM stop it
    /// after the current iteration, which is saved. `table.md` and `table.json` in `folder` are
    /// rewritten after every run.
    ///
    /// - Parameters:
    ///   - names: the runs to train, by their names (`runs(named:)`); empty for all
    ///   - hooks: the hooks of a run besides logging, checkpoints, validation and those of its
    ///     configuration
    /// - Returns: the table of all runs
    /// - Throws: `SweepMistakes` before anything is trained, `ArgumentError` for a name that no run
    ///   has, `Interrupted` after a signal, `UnfinishedRuns` where runs failed; `table()` says why.
    @discardableResult
    public func train(
        only names: [String] = [], hooks: (SweepRun) throws -> [any Hook] = { _ in [] }
    ) throws -> SweepTable {
        try train(only: names) { run in
            do {
                let experiment = try run.experiment()
                let hooks = try hooks(run)
                try experiment.train(in: run.folder, from: .newestCheckpoint, hooks: hooks)
                return nil
            } catch let stop as Interrupted {
                throw stop
            } catch {
                return "\(error)"
            }
        }
    }

    /// Trains the runs as `train(only:hooks:)` does, with `trainRun` for a single run, such as one
    /// that starts a process on another device.
    ///
    /// - Parameters:
    ///   - names: the runs to train, by their names (`runs(named:)`); empty for all
    ///   - trainRun: trains a run in its `folder` from the newest checkpoint there to its end, and
    ///     returns why it failed; nil where it came to its end
    /// - Returns: the table of all runs
    /// - Throws: what `train(only:hooks:)` throws, and what `trainRun` throws, which ends the
    ///   sweep.
    @discardableResult
    public func train(
        only names: [String] = [], by trainRun: (SweepRun) throws -> String?
    ) throws -> SweepTable {
        let chosen = try Set(names.flatMap { try runs(named: $0) }.map(\.name))
        let checked = try checkedRuns().filter { chosen.isEmpty || chosen.contains($0.run.name) }
        try Interruption.watching { try trainAll(checked, by: trainRun) }
        let unfinished = checked.filter { !$0.isFinished }.map(\.run.name)
        guard unfinished.isEmpty else { throw UnfinishedRuns(names: unfinished) }
        return try table()
    }

    /// One run after another; those that another process has, last.
    private func trainAll(_ runs: [CheckedRun], by trainRun: (SweepRun) throws -> String?) throws {
        let logger = try RunLog.logger()
        var left = runs.filter { !$0.isFinished }
        logger.info(
            "\(name): \(runs.count) runs, \(runs.count - left.count) of them finished; work directory \(folder)"
        )
        try table().write()
        while !left.isEmpty {
            let index = try freeRun(of: left) { logger.info("\($0)") }
            let next = left.remove(at: index)
            guard !next.isFinished else { continue }
            let run = next.run
            logger.info("run '\(run.name)', \(left.count) more to come")
            try? FileManager.default.removeItem(atPath: run.failure)
            if let reason = try trainRun(run) {
                if WorkDirectory.owner(of: run.folder) == nil {
                    try SweepRun.write(failure: reason, in: run.folder)
                    logger.error("run '\(run.name)' failed: \(reason)")
                } else {
                    try? FileManager.default.removeItem(atPath: run.failure)
                    left.append(next)  // another process was quicker to take it
                }
            }
            try table().write()
        }
    }

    /// The place of the first run that no process has. Waits where others have all of them.
    private func freeRun(of runs: [CheckedRun], _ tell: (String) -> Void) throws -> Int {
        var isTold = false
        while true {
            try Interruption.check()
            let index = runs.firstIndex { WorkDirectory.owner(of: $0.run.folder) == nil }
            if let index { return index }
            if !isTold {
                let names = runs.map(\.run.name).joined(separator: "; ")
                tell("waiting for runs that others are at: \(names)")
            }
            isTold = true
            usleep(200_000)
        }
    }
}

/// Runs of a sweep that failed, so that the sweep is not finished.
public struct UnfinishedRuns: DenseKitError {
    /// The names of the runs.
    public let names: [String]

    public var problem: String {
        "\(names.count) run\(names.count == 1 ? " is" : "s are") not finished: "
            + names.joined(separator: "; ")
    }
    public var remedy: String? {
        "The table says why; once that is fixed, \(Term.again) resumes them."
    }
    public var origin: ErrorOrigin { .input }
}
