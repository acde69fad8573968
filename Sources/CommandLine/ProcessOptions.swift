import ArgumentParser
import DenseKitCore

/// Options of commands that may run in several processes.
struct ProcessOptions: ParsableArguments {
    @Option(help: "Start a process for each of N GPUs of this machine.")
    var gpus: Int?

    @Option(help: "Start N processes on the CPU of this machine.")
    var processes: Int?

    @Option(
        help: "The number of machines, on each of which this command runs; NNODES if left out.")
    var nodes: Int?

    @Option(help: "The number of this machine, from 0; NODE_RANK if left out.")
    var nodeRank: Int?

    @Option(
        help: .init(
            "Machine 0 and a free port there; MASTER_ADDR and MASTER_PORT if left out.",
            valueName: "host:port"))
    var master: String?

    @Option(
        help: "After a failure, start all processes again, up to N times; training resumes.")
    var maxRestarts: Int?

    @Option(
        help:
            "What has started this process: none, torchrun or slurm; found out if left out.")
    var launcher: LauncherOption?

    @Option(
        help: "Seconds without a sign of another process after which the run fails.")
    var timeout: Double?

    @Option(
        help:
            "Seconds that a process waits for another one in a collective, such as an average of gradients; 1800 if left out."
    )
    var collectiveTimeout: Double?

    func validate() throws {
        if gpus != nil, processes != nil {
            throw ValidationError(
                "--gpus starts a process for each GPU, --processes on the CPU: use one of them")
        }
        for (name, value, least) in [
            ("gpus", gpus, 1), ("processes", processes, 1), ("nodes", nodes, 1),
            ("node-rank", nodeRank, 0), ("max-restarts", maxRestarts, 0),
        ] {
            if let value, value < least {
                throw ValidationError("--\(name) must be at least \(least), found \(value)")
            }
        }
        for (name, value) in [("timeout", timeout), ("collective-timeout", collectiveTimeout)] {
            if let value, !(value > 0 && value.isFinite) {
                throw ValidationError(
                    "--\(name) must be a number of seconds above 0, found \(value)")
            }
        }
    }

    /// The options as they were given, for another process.
    var arguments: [String] {
        let values: [(name: String, value: (any CustomStringConvertible)?)] = [
            ("gpus", gpus), ("processes", processes), ("max-restarts", maxRestarts),
            ("launcher", launcher?.rawValue), ("timeout", timeout),
            ("collective-timeout", collectiveTimeout),
        ]
        return values.compactMap { option in option.value.map { "--\(option.name)=\($0)" } }
    }
}

/// The values of `--launcher`.
enum LauncherOption: String, ExpressibleByArgument, CaseIterable {
    case alone = "none"
    case torchrun
    case slurm

    var launcher: ProcessEnvironment.Launcher {
        switch self {
        case .alone: .alone
        case .torchrun: .torchrun
        case .slurm: .slurm
        }
    }
}
