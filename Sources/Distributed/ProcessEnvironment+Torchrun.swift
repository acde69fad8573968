extension ProcessEnvironment {
    /// The variables that only a launcher sets.
    static let torchrunNames = ["RANK", "WORLD_SIZE", "LOCAL_RANK"]

    /// What torchrun says.
    static func torchrun(
        _ variables: EnvironmentVariables
    ) throws(ProcessEnvironmentError) -> ProcessEnvironment {
        let restarts = try variables.number("TORCHELASTIC_RESTART_COUNT", "a count of restarts")
        return try numbered(
            variables, launcher: .torchrun, restartCount: restarts ?? 0,
            storeIsHosted: variables["TORCHELASTIC_USE_AGENT_STORE"]?.lowercased() == "true")
    }

    /// What `Launch` says, in torchrun's variables and its own.
    static func launched(
        _ variables: EnvironmentVariables
    ) throws(ProcessEnvironmentError) -> ProcessEnvironment {
        let restarts = try variables.number(restartVariable, "a count of restarts")
        return try numbered(
            variables, launcher: .densekit, restartCount: restarts ?? 0, storeIsHosted: true)
    }

    static let restartVariable = "DENSEKIT_RESTART_COUNT"

    private static func numbered(
        _ variables: EnvironmentVariables, launcher: Launcher, restartCount: Int,
        storeIsHosted: Bool
    ) throws(ProcessEnvironmentError) -> ProcessEnvironment {
        let name = torchrunNames.first { variables[$0] != nil }
        let reason = name.map { "\($0) is" } ?? "the launcher is torchrun"
        let size = try variables.required(
            "WORLD_SIZE", "the number of all processes", because: reason,
            in: 1...EnvironmentVariables.maximum)
        let rank = try variables.required(
            "RANK", "the number of this process among all, from 0", because: reason)
        guard rank < size else { throw .tooLarge("RANK", rank, "WORLD_SIZE", size) }
        let port = try variables.number(
            "MASTER_PORT", "the port of the store", in: EnvironmentVariables.ports)
        let localSize = try variables.number(
            "LOCAL_WORLD_SIZE", "the number of processes on this machine",
            in: 1...EnvironmentVariables.maximum)
        let local = "the number of this process on its machine, from 0"
        let localRank = try variables.number("LOCAL_RANK", local)
        // Where there is only one process, no other must be told apart or found.
        guard let localRank = localRank ?? (size == 1 ? 0 : nil) else {
            throw .missing("LOCAL_RANK", local, because: "WORLD_SIZE is \(size)")
        }
        guard let host = variables["MASTER_ADDR"] ?? (size == 1 ? alone.masterHost : nil) else {
            throw .missing(
                "MASTER_ADDR", "the host of the process with RANK=0",
                because: "WORLD_SIZE is \(size)")
        }
        if let localSize, localRank >= localSize {
            throw .tooLarge("LOCAL_RANK", localRank, "LOCAL_WORLD_SIZE", localSize)
        }
        if let localSize, localSize > size {
            throw ProcessEnvironmentError(
                variable: "LOCAL_WORLD_SIZE",
                problem: "found \(localSize), more than the \(size) of WORLD_SIZE",
                remedy: "set it to the number of processes on this machine")
        }
        return ProcessEnvironment(
            rank: rank, worldSize: size, localRank: localRank, localWorldSize: localSize,
            masterHost: host, masterPort: port ?? defaultPort, launcher: launcher,
            restartCount: restartCount, storeIsHosted: storeIsHosted)
    }
}

extension ProcessEnvironmentError {
    /// A number from 0 that is not below its count.
    static func tooLarge(_ name: String, _ number: Int, _ countName: String, _ count: Int) -> Self {
        ProcessEnvironmentError(
            variable: name,
            problem: "expected a number below \(countName), which is \(count), found \(number)",
            remedy: "numbers begin at 0")
    }
}
