import DenseKitErrors
import DenseKitFoundations
import DenseKitTorch
import Foundation

/// Starts several processes of a program on this machine, watches them, and starts all of them
/// again after a failure.
///
///     var launch = Launch(processes: 4) { attempt in
///         ["train", attempt == 0 ? "new" : "resume"]
///     }
///     launch.logFolder = "work"
///     try launch.run()
///
/// Each process finds its number in the environment, in torchrun's variables
/// (`ProcessEnvironment`). The output of rank 0 is that of this process; the others write to
/// `rank_N.log`. A process runs in a group of its own, and the kernel kills it if this process is
/// killed.
public struct Launch {
    /// The path of the program; this one if not set.
    public var executable = "/proc/self/exe"
    /// The arguments of all processes in an attempt, counted from 0.
    public var arguments: (_ attempt: Int) throws -> [String]
    /// The number of processes on this machine.
    public var processes: Int
    /// The machines; one if not set.
    public var nodes = LaunchNodes.one
    /// The environment that the processes get besides the variables of a launcher.
    public var variables = ProcessInfo.processInfo.environment
    /// The folder of the files `rank_N.log`; nil for files that are deleted at the end.
    public var logFolder: String?
    /// How often all processes are started again after a failure.
    public var maxRestarts = 0
    /// Whether the cores are divided among the processes (`OMP_NUM_THREADS`), if that variable is
    /// not set.
    public var dividesCores = true
    /// The time in which processes should end by themselves after one of them failed: then they get
    /// SIGTERM.
    public var grace = Duration.seconds(30)
    /// The time from SIGTERM to SIGKILL.
    public var graceAfterTerm = Duration.seconds(10)
    /// Opens the store at a port of this machine, 0 for any free one; c10d's if not set.
    public var hostStore: (_ port: Int) throws -> any StoreHost = { port in
        try ProcessStore(host: "127.0.0.1", port: port, isServer: true, timeout: 60)
    }
    /// Joins the launchers of the other machines, where there are several; at the store if not set.
    public var rendezvous: (_ nodes: LaunchNodes) throws -> any Rendezvous = {
        try StoreRendezvous($0)
    }
    /// Receives what the launcher has to say, a line or several; standard error if not set.
    public var tell: (String) -> Void = { text in
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }
    /// The signals that this process has received so far, in their order.
    var signals: () -> [Int32] = { Interruption.signals }

    /// A launch of this program.
    ///
    /// - Parameters:
    ///   - processes: the number of processes on this machine
    ///   - arguments: the arguments of all processes in an attempt, counted from 0
    public init(processes: Int, arguments: @escaping (_ attempt: Int) throws -> [String]) {
        self.processes = processes
        self.arguments = arguments
    }

    /// The number of processes on all machines.
    public var worldSize: Int { processes * nodes.count }

    /// Runs the processes to their end. SIGINT, SIGTERM and SIGUSR1 are passed on to all of them; a
    /// second SIGINT or SIGTERM ends this process and, with it, all others.
    ///
    /// After a failure the others get `grace` to notice it, then SIGTERM, and SIGKILL
    /// `graceAfterTerm` later. All are started again `maxRestarts` times at most: not after a
    /// signal, and not after the exit codes 2 and 64, which say that the next attempt would fail
    /// too. The store stays open meanwhile; `ProcessEnvironment.restartCount` tells the attempts
    /// apart.
    ///
    /// - Throws: `LaunchFailure` with the process that failed first, `Interrupted` where the
    ///   processes ended after a signal, `LaunchError` where they cannot be started, and what
    ///   `hostStore` and `rendezvous` throw.
    public func run() throws {
        guard processes > 0 else {
            throw ArgumentError("the number of processes must be at least 1, found \(processes)")
        }
        try Interruption.watching(runAttempts)
    }

    private func runAttempts() throws {
        let temporary = FileManager.default.temporaryDirectory.appending(
            path: "densekit-launch-\(UUID())"
        ).path
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        for folder in [temporary, logFolder].compactMap({ $0 }) {
            try makeFolder(folder)
        }
        let store = nodes.rank == 0 ? try hostStore(nodes.masterPort) : nil
        let rendezvous = try joined()
        defer { rendezvous.leave() }
        tell(summary)
        for attempt in 0...max(0, maxRestarts) {
            let running = LaunchAttempt(
                self, number: attempt, port: store?.port ?? nodes.masterPort,
                rendezvous: rendezvous, temporary: temporary)
            let failure: LaunchFailure
            let isLast: Bool
            switch try running.run() {
            case .finished: return
            case .interrupted(let stop): throw stop
            case .failed(let cause, let others, let isFinal):
                isLast = isFinal || attempt >= maxRestarts || !cause.allowsRestart
                failure = LaunchFailure(
                    cause: cause, others: others, worldSize: worldSize, restarts: attempt)
            }
            if isLast || !signals().isEmpty { throw failure }
            tell("\(failure)\nall processes are started again: \(attempt + 1) of \(maxRestarts)")
        }
    }

    private func makeFolder(_ folder: String) throws(LaunchError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw LaunchError(
                path: folder, problem: "the folder of logs cannot be made (\(error))",
                remedy: "choose another with \(Term.workDirectory)")
        }
    }

    private func joined() throws -> any Rendezvous {
        nodes.count > 1 ? try rendezvous(nodes) : LocalRendezvous()
    }

    /// The threads of each process; nil where the environment says so already, or the program sets
    /// them.
    var threads: Int? {
        guard dividesCores, (variables["OMP_NUM_THREADS"] ?? "").isEmpty else { return nil }
        return max(1, Engine.availableProcessors / processes)
    }

    /// What is started, in a line.
    var summary: String {
        let count = "\(processes) process\(processes == 1 ? "" : "es")"
        let machine = nodes.count > 1 ? " on machine \(nodes.rank) of \(nodes.count)" : ""
        let threads = threads.map {
            ", \($0) thread\($0 == 1 ? "" : "s") each (OMP_NUM_THREADS)"
        }
        let logged = processes > 1 || nodes.rank > 0
        let log = logged ? logFolder.map { "; output: \(FilePaths.joined($0, "rank_N.log"))" } : nil
        return "starting \(count)\(machine)\(threads ?? "")\(log ?? "")"
    }
}
