import DenseKitCheckpoints
import DenseKitConfiguration
import DenseKitData
import DenseKitDistributed
import DenseKitErrors
import Foundation
import Logging

/// The directory that a run writes to, laid out as in OpenMMLab's frameworks:
///
///     work_dirs/NAME/NAME.yaml                              the resolved configuration, with the origin of every value
///     work_dirs/NAME/TIMESTAMP/TIMESTAMP.log                the log
///     work_dirs/NAME/TIMESTAMP/vis_data/scalars.json        one GoldenJSON object a line
///     work_dirs/NAME/iter_N/, best_mIoU_iter_N/             checkpoints
///     work_dirs/NAME/last_checkpoint                        path of the newest
///     work_dirs/NAME/.lock                                  held by the run that writes here
///
/// Only one process can hold it at a time; it is free again when the value is released.
public struct WorkDirectory: Sendable {
    /// The path of the directory.
    public let path: String
    /// The processes of the run, of which the first one writes here.
    public let processes: Processes
    /// Nil in processes that do not write.
    private let lock: RunLock?

    /// The folder of one run, which every resume continues.
    struct RunFolder {
        let name: String
        let path: String
        let logPath: String
        let scalarsPath: String

        init(_ name: String, in directory: String) {
            self.name = name
            path = "\(directory)/\(name)"
            logPath = "\(path)/\(name).log"
            scalarsPath = "\(path)/vis_data/scalars.json"
        }
    }

    /// Creates the directory, takes its lock, removes half-written files of a killed run, and saves
    /// and removes a small test checkpoint.
    ///
    /// - Throws: `CheckpointError` where the directory cannot be written, and where another run
    ///   holds it.
    public init(_ path: String) throws {
        self.path = path
        processes = .alone
        lock = try Self.take(path)
    }

    /// The directory of a run of several processes: the first one creates it and takes its lock,
    /// the others write nothing there but errors.
    ///
    /// - Parameters:
    ///   - path: the path of the directory, on every machine
    ///   - processes: those of the run; every one makes this call
    /// - Throws: `CheckpointError` as `init(_:)` does; on the other processes `ProcessGroupError`
    ///   with its text.
    public init(_ path: String, of processes: Processes) throws {
        self.path = path
        self.processes = processes
        lock = try processes.onFirst { try Self.take(path) }
    }

    private static func take(_ path: String) throws -> RunLock {
        try Self.makeFolder(path, for: path)
        guard access(path, W_OK) == 0 else {
            throw CheckpointError(
                path: path, problem: "the work directory is not writable", remedy: Self.another)
        }
        let lock = try RunLock(path)
        AtomicFile.removeTemporaries(in: path)
        for found in FoundCheckpoint.all(in: path) { AtomicFile.removeTemporaries(in: found.path) }
        do throws(CheckpointError) {
            try AtomicFile.proveDirectories(in: path)
        } catch {
            throw CheckpointError(
                path: path, problem: "nothing can be saved in the work directory: \(error.problem)",
                remedy: error.remedy ?? Self.another)
        }
        return lock
    }

    /// Tests that a run could save in `path`, without creating it: a small checkpoint is saved and
    /// removed in the nearest existing folder.
    ///
    /// - Throws: `CheckpointError` with the reason where it could not.
    public static func prove(_ path: String) throws {
        var place = path
        while !place.isEmpty, place != "/", access(place, F_OK) != 0 {
            place = FilePaths.directory(of: place)
        }
        do throws(CheckpointError) {
            try AtomicFile.proveDirectories(in: place.isEmpty ? "." : place)
        } catch {
            throw CheckpointError(
                path: path,
                problem:
                    "nothing can be saved in the work directory: \(error.path): \(error.problem)",
                remedy: Self.another)
        }
    }

    /// The work directory's path: `option`, else the configuration's `work_dir`, else
    /// `work_dirs/<name>`; `~` is expanded.
    public static func choose(option: String?, configuration: String?, name: String) -> String {
        FilePaths.expanded(option ?? configuration ?? "work_dirs/\(name)")
    }

    /// The process that holds the directory at `path`, as `process 12 on HOST`; nil where no
    /// process holds it, or it does not exist.
    public static func owner(of path: String) -> String? { RunLock.owner(of: path) }

    /// Writes the resolved configuration to `NAME.yaml`.
    /// - Throws: `CheckpointError` where it cannot be written.
    public func write(configuration: String, name: String) throws {
        guard processes.isFirst else { return }
        try AtomicFile.write(Data(configuration.utf8), to: "\(path)/\(name).yaml")
    }

    /// Whether a run has saved a checkpoint here.
    public var hasCheckpoints: Bool { !FoundCheckpoint.all(in: path).isEmpty }

    /// Whether a checkpoint in the directory at `path` was written at `time` or later.
    public static func hasCheckpoint(in path: String, since time: Date) -> Bool {
        FoundCheckpoint.all(in: path).contains { found in
            let attributes = try? FileManager.default.attributesOfItem(atPath: found.path)
            return (attributes?[.modificationDate] as? Date).map { $0 >= time } ?? false
        }
    }

    /// The path of the checkpoint of `best`.
    public func bestPath(_ best: BestScore) -> String {
        "\(path)/best_\(best.metric)_iter_\(best.iteration)"
    }

    /// Whether the checkpoint at `checkpoint` lies here.
    func holds(_ checkpoint: String) -> Bool {
        func resolved(_ path: String) -> String? {
            guard let pointer = realpath(path, nil) else { return nil }
            defer { free(pointer) }
            return String(cString: pointer)
        }
        return resolved(checkpoint + "/..").map { $0 == resolved(path) } ?? false
    }

    /// The folder that a run writes its log to: that of the run which it continues, if that is here
    /// too; else a new one.
    func folder(resuming checkpoint: Checkpoint.Contents?) throws -> RunFolder {
        let made = try processes.onFirst { try ownFolder(resuming: checkpoint).name }
        return RunFolder(try processes.ofFirst(made ?? ""), in: path)
    }

    private func ownFolder(resuming checkpoint: Checkpoint.Contents?) throws -> RunFolder {
        let old = checkpoint.flatMap { holds($0.path) ? $0.state.run : nil }.flatMap {
            $0.contains("/") || $0.hasPrefix(".") ? nil : $0
        }
        let folder = RunFolder(old ?? newName(), in: path)
        try Self.makeFolder("\(path)/\(folder.name)/vis_data", for: path)
        AtomicFile.removeTemporaries(in: "\(path)/\(folder.name)/vis_data")
        return folder
    }

    /// The logger of a run in `folder`: process 0 writes its log; the others write errors alone, to
    /// `rank_N.log`.
    func logger(_ folder: RunFolder) throws -> Logger {
        processes.isFirst
            ? try RunLog.logger(path: folder.logPath)
            : RunLog.errorLogger(path: "\(folder.path)/rank_\(processes.rank).log")
    }

    /// The time, and a number where two runs start in the same second.
    private func newName() -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyyMMdd_HHmmss"
        let time = formatter.string(from: Date())
        let names = [time] + (2...1000).map { "\(time)_\($0)" }
        return names.first { !FileManager.default.fileExists(atPath: "\(path)/\($0)") } ?? time
    }

    private static func makeFolder(_ folder: String, for path: String) throws(CheckpointError) {
        do {
            try FileSystem.makeFolder(folder, remedy: another)
        } catch {
            throw CheckpointError(
                path: path,
                problem: "the work directory cannot be made: \(error.path) \(error.problem)",
                remedy: another)
        }
    }

    private static var another: String { "choose another with \(Term.workDirectory)" }
}
