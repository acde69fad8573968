import DenseKitErrors
import Foundation

/// What a launcher tells a process: its number among all processes, and where the store is at which
/// they meet.
///
///     let environment = try ProcessEnvironment()
///     print(environment)  // process 2 of 8, started by torchrun
public struct ProcessEnvironment: Sendable, Equatable {
    /// What started the processes.
    public enum Launcher: Sendable, CaseIterable {
        /// Nothing: this process is alone.
        case alone
        /// torchrun, or a program that sets the same variables.
        case torchrun
        /// `srun` of SLURM.
        case slurm
        /// `Launch`.
        case densekit
    }

    /// The number of this process among all, from 0.
    public let rank: Int
    /// The number of all processes.
    public let worldSize: Int
    /// The number of this process among those of its machine, from 0.
    public let localRank: Int
    /// The number of processes on this machine; nil where the launcher does not say.
    public let localWorldSize: Int?
    /// The name or address of the machine with the store.
    public let masterHost: String
    /// The port of the store.
    public let masterPort: Int
    /// What started this process.
    public let launcher: Launcher
    /// How often the processes were started again after a failure; under SLURM, how often the job
    /// was queued again.
    public let restartCount: Int
    /// Whether the launcher keeps the store open: rank 0 joins it then and does not open it.
    public let storeIsHosted: Bool

    /// One process that no launcher started.
    public static let alone = ProcessEnvironment(
        rank: 0, worldSize: 1, localRank: 0, localWorldSize: 1, masterHost: "127.0.0.1",
        masterPort: defaultPort, launcher: .alone, restartCount: 0, storeIsHosted: false)

    /// The port of the store where no variable names another: torchrun's.
    public static let defaultPort = 29500

    init(
        rank: Int, worldSize: Int, localRank: Int, localWorldSize: Int?, masterHost: String,
        masterPort: Int, launcher: Launcher, restartCount: Int, storeIsHosted: Bool
    ) {
        self.rank = rank
        self.worldSize = worldSize
        self.localRank = localRank
        self.localWorldSize = localWorldSize
        self.masterHost = masterHost
        self.masterPort = masterPort
        self.launcher = launcher
        self.restartCount = restartCount
        self.storeIsHosted = storeIsHosted
    }

    /// Reads the variables of `Launch`, torchrun or SLURM, in this order; `alone` where none of
    /// them are set.
    ///
    /// Variables of SLURM count within a step of several tasks. The shell of a batch script and
    /// `srun -n1` are one process. An empty variable counts as not set.
    ///
    /// - Parameters:
    ///   - variables: the environment; by default that of this process
    ///   - launcher: the launcher whose variables count, in place of the first one found; a process
    ///     that `Launch` started keeps its own
    /// - Throws: `ProcessEnvironmentError` where some of the variables are missing, are no numbers,
    ///   or do not fit each other.
    public init(
        _ variables: [String: String] = ProcessInfo.processInfo.environment,
        launcher: Launcher? = nil
    ) throws(ProcessEnvironmentError) {
        let variables = EnvironmentVariables(variables)
        if variables["DENSEKIT_LAUNCHER"] != nil || launcher == .densekit {
            self = try .launched(variables)
            return
        }
        switch launcher {
        case .torchrun: self = try .torchrun(variables)
        case .slurm: self = try .slurm(variables, SLURMStep(variables, isForced: true))
        case .some: self = .alone
        case nil:
            if Self.torchrunNames.contains(where: { variables[$0] != nil }) {
                self = try .torchrun(variables)
            } else if let step = try SLURMStep(variables), step.tasks > 1 {
                self = try .slurm(variables, step)
            } else {
                self = .alone
            }
        }
    }
}

extension ProcessEnvironment: CustomStringConvertible {
    /// Such as `process 2 of 8, started by torchrun`.
    public var description: String {
        let starter =
            switch launcher {
            case .alone: ""
            case .torchrun: ", started by torchrun"
            case .slurm: ", started by SLURM"
            case .densekit: ", started by densekit"
            }
        return "process \(rank) of \(worldSize)\(starter)"
    }
}
