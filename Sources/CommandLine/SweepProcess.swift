import DenseKitCore
import Foundation

/// Trains the runs of a sweep, each in a process of its own: a run that crashes or exhausts the
/// memory leaves the others alone, and whatever a run took goes with it.
struct SweepProcess {
    /// Of `train`, beside configuration, run and work directory.
    let options: [String]

    /// Trains `run` from its current state to its end. What the process prints goes to standard
    /// error.
    ///
    /// - Returns: why it failed; nil where it came to its end, or was stopped.
    /// - Throws: `Interrupted` after a signal, once the run has saved its state.
    func train(_ run: SweepRun) throws -> String? {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe")
        process.arguments =
            [
                "sweep-run", "--parent=\(getpid())", "--run=\(run.name)",
                "--work-dir=\(run.folder)", "--resume=auto",
            ] + options
            + ["--", run.file]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.standardError
        try process.run()
        var stop: Interrupted?
        while process.isRunning {
            usleep(20_000)
            guard stop == nil else { continue }
            do {
                try Interruption.check()
            } catch {
                // The process is in a group of its own, so that a terminal does not signal it.
                kill(process.processIdentifier, error.signal)
                stop = error
            }
        }
        process.waitUntilExit()
        if let stop { throw stop }
        return failure(of: process, run)
    }

    /// The reason that the process left, else how it ended.
    private func failure(of process: Process, _ run: SweepRun) -> String? {
        let status = process.terminationStatus
        if process.terminationReason == .exit, status == 0 { return nil }
        if let text = FileManager.default.contents(atPath: run.failure) {
            return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines)
        }
        return switch (process.terminationReason, status) {
        case (.uncaughtSignal, SIGKILL):
            "was killed by signal 9, as the system does where memory is short"
        case (.uncaughtSignal, _): "was ended by signal \(status)"
        default: "ended with exit code \(status)"
        }
    }
}
