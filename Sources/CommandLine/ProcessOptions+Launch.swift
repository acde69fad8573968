import ArgumentParser
import DenseKitCore
import Foundation

extension ProcessOptions {
    /// What this process is part of.
    ///
    /// - Throws: `ValidationError` for options that exclude each other, or that do not fit how the
    ///   process was started; `ProcessEnvironmentError` for half an environment.
    func environment(
        with compute: ComputeOptions,
        variables: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ProcessEnvironment {
        let environment = try ProcessEnvironment(variables, launcher: launcher?.launcher)
        guard environment.launcher != .densekit else { return environment }
        try checkDevice(compute, environment)
        if environment.worldSize > 1, let option = startOption {
            throw ValidationError(
                "\(option) starts processes, and \(environment.starter) has started this one (\(environment.number)): leave it out, or give --launcher none"
            )
        }
        let ofNodes = [("--nodes", nodes != nil), ("--node-rank", nodeRank != nil)]
        if gpus == nil, processes == nil,
            let option = (ofNodes + [("--master", master != nil)]).first(where: \.1)
        {
            throw ValidationError(
                "\(option.0) needs the number of processes on each machine: give --gpus N or --processes N"
            )
        }
        try checkGPUs()
        return environment
    }

    /// The environment of a sweep, whose runs have processes of their own.
    func environmentOfSweep(
        with compute: ComputeOptions,
        variables: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> ProcessEnvironment {
        let environment = try environment(with: compute, variables: variables)
        guard environment.worldSize == 1 else {
            throw ValidationError(
                "a sweep starts the processes of each run itself, and \(environment.starter) has started this one (\(environment.number)): start it once, with --gpus N or --processes N, or give --launcher none"
            )
        }
        if gpus != nil || processes != nil, try machines(variables).count > 1 {
            throw ValidationError(
                "the runs of a sweep use one machine: start one sweep on each machine, without --nodes and NNODES, in the same work directory; each takes runs that no other has"
            )
        }
        return environment
    }

    /// The first option that makes this command start processes.
    private var startOption: String? {
        [
            ("--gpus", gpus != nil), ("--processes", processes != nil), ("--nodes", nodes != nil),
            ("--node-rank", nodeRank != nil), ("--master", master != nil),
            ("--max-restarts", maxRestarts != nil),
        ].first(where: \.1)?.0
    }

    private func checkDevice(
        _ compute: ComputeOptions, _ environment: ProcessEnvironment
    ) throws {
        let device = compute.device ?? "cpu"
        if gpus != nil, compute.device != nil {
            throw ValidationError(
                "--gpus gives each process a GPU of its own, and --device \(device) one to all: use one of them"
            )
        }
        if processes != nil, device.hasPrefix("cuda") {
            throw ValidationError(
                "--processes starts processes on the CPU, and --device \(device) is a GPU: use --gpus N"
            )
        }
        if environment.worldSize > 1, environment.localWorldSize != 1, device.hasPrefix("cuda:") {
            throw ValidationError(
                "--device \(device) gives all processes the same GPU: with --device cuda each has its own"
            )
        }
    }

    private func checkGPUs() throws {
        guard let gpus, let (problem, remedy) = Engine.cuda.problem(with: .cuda(gpus - 1)) else {
            return
        }
        let count = Engine.cudaDeviceCount
        throw ValidationError(
            "--gpus \(gpus): \(problem); \(count == 0 ? remedy : "use --gpus \(count)")")
    }

    private func machines(_ variables: [String: String]) throws -> LaunchNodes {
        try LaunchNodes(count: nodes, rank: nodeRank, master: master, variables: variables)
    }

    /// Whether this process starts those that do the work.
    func areStarted(by environment: ProcessEnvironment) throws -> Bool {
        guard environment.launcher != .densekit, environment.worldSize == 1 else { return false }
        if maxRestarts ?? 0 > 0 { return true }
        guard let count = gpus ?? processes else { return false }
        return try count * machines(ProcessInfo.processInfo.environment).count > 1
    }

    /// Sets the engine up in a process that does work, on its own GPU where there are several, and
    /// joins the others.
    func start(_ compute: ComputeOptions, in environment: ProcessEnvironment) throws -> Device {
        var compute = compute
        if gpus != nil || (compute.device == "cuda" && environment.worldSize > 1) {
            // SLURM may show each process its own GPU alone.
            let isBound = environment.launcher == .slurm && Engine.cudaDeviceCount == 1
            compute.device = "cuda:\(isBound ? 0 : environment.localRank)"
        }
        compute.threads = compute.threads ?? environment.threads()
        let device = try compute.start()
        // The launcher of this command says it itself.
        if environment.worldSize > 1, environment.rank == 0, environment.launcher != .densekit {
            let threads = Engine.threadCount
            let logger = try RunLog.logger()
            logger.info(
                "\(environment), with \(threads) thread\(threads == 1 ? "" : "s"); the store is at \(environment.masterHost):\(environment.masterPort)"
            )
        }
        var timeouts = Processes.Timeouts()
        if let timeout {
            timeouts.heartbeat = timeout
            timeouts.join = timeout
        }
        if let collectiveTimeout { timeouts.collective = collectiveTimeout }
        try Processes.join(environment, device: device, timeouts: timeouts)
        return device
    }

    /// Starts this command in several processes.
    ///
    /// - Parameters:
    ///   - compute: says whether the cores are divided
    ///   - logFolder: the folder for output of the other ranks than 0; nil for none that stays
    ///   - arguments: what the processes of an attempt, from 0, get in place of this command's own
    ///     arguments
    /// - Throws: `LaunchFailure`, `Interrupted`, and what `Launch.run` throws besides.
    func launch(
        _ compute: ComputeOptions, logFolder: String?,
        _ arguments: @escaping (_ own: [String], _ attempt: Int) -> [String]
    ) throws {
        let own = Array(CommandLine.arguments.dropFirst())
        let logger = try RunLog.logger()
        var launch = Launch(processes: gpus ?? processes ?? 1) { arguments(own, $0) }
        launch.nodes = try machines(launch.variables)
        launch.logFolder = logFolder
        launch.maxRestarts = maxRestarts ?? 0
        launch.dividesCores = compute.threads == nil
        launch.tell = { logger.info("\($0)") }
        try launch.run()
    }
}

extension ProcessEnvironment {
    /// The launcher in messages.
    fileprivate var starter: String { launcher == .slurm ? "SLURM" : "torchrun" }
    /// Such as `process 1 of 4`.
    fileprivate var number: String { "process \(rank) of \(worldSize)" }
}

/// `arguments` of a command that trains, changed so that it resumes from its newest checkpoint.
func argumentsThatResume(_ arguments: [String]) -> [String] {
    var kept: [String] = []
    var rest = arguments[...]
    let names = ["--resume", "--init-from"]
    while let word = rest.popFirst() {
        if word == "--" {
            kept += [word] + rest
            break
        }
        if names.contains(word) {
            rest = rest.dropFirst()
        } else if !names.contains(where: { word.hasPrefix($0 + "=") }) {
            kept.append(word)
        }
    }
    // Behind the name of the command.
    return kept.prefix(1) + ["--resume=auto"] + kept.dropFirst()
}
