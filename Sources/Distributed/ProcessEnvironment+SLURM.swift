/// A step of SLURM: what one `srun` started.
struct SLURMStep {
    /// The number of its processes.
    let tasks: Int

    /// The step that this process belongs to; nil outside of steps, as in a batch script.
    ///
    /// - Parameter isForced: whether the variables of the job count where there is no step
    init?(_ variables: EnvironmentVariables) throws(ProcessEnvironmentError) {
        let names = ["SLURM_STEP_NUM_TASKS", "SLURM_STEP_ID", "SLURM_STEPID"]
        guard names.contains(where: { variables[$0] != nil }) else { return nil }
        guard let tasks = try Self.tasks(variables) else { return nil }
        self.tasks = tasks
    }

    init(_ variables: EnvironmentVariables, isForced: Bool) throws(ProcessEnvironmentError) {
        guard let tasks = try Self.tasks(variables) else {
            throw .missing(
                "SLURM_NTASKS", "the number of all processes", because: "the launcher is SLURM")
        }
        self.tasks = tasks
    }

    private static func tasks(
        _ variables: EnvironmentVariables
    ) throws(ProcessEnvironmentError) -> Int? {
        for name in ["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"] {
            let number = try variables.number(
                name, "the number of all processes", in: 1...EnvironmentVariables.maximum)
            if let number { return number }
        }
        return nil
    }
}

extension ProcessEnvironment {
    /// What SLURM says to a process of `step`. `MASTER_ADDR` and `MASTER_PORT` override the first
    /// host of the step and the default port.
    static func slurm(
        _ variables: EnvironmentVariables, _ step: SLURMStep
    ) throws(ProcessEnvironmentError) -> ProcessEnvironment {
        let reason = "this is a step of SLURM with \(step.tasks) tasks"
        let rank = try variables.required(
            "SLURM_PROCID", "the number of this process among all, from 0", because: reason)
        guard rank < step.tasks else {
            throw .tooLarge("SLURM_PROCID", rank, "the number of tasks", step.tasks)
        }
        let localRank = try variables.required(
            "SLURM_LOCALID", "the number of this process on its machine, from 0", because: reason)
        let port = try variables.number(
            "MASTER_PORT", "a port that is free on the first host", in: EnvironmentVariables.ports)
        let node = try variables.number("SLURM_NODEID", "the number of the machine, from 0")
        let restarts = try variables.number(
            "SLURM_RESTART_COUNT", "how often the job was queued again")
        let counts = variables["SLURM_STEP_TASKS_PER_NODE"] ?? variables["SLURM_TASKS_PER_NODE"]
        return ProcessEnvironment(
            rank: rank, worldSize: step.tasks, localRank: localRank,
            localWorldSize: node.flatMap { tasksPerNode(counts ?? "", node: $0) },
            masterHost: try firstHost(variables), masterPort: port ?? defaultPort,
            launcher: .slurm, restartCount: restarts ?? 0, storeIsHosted: false)
    }

    private static func firstHost(
        _ variables: EnvironmentVariables
    ) throws(ProcessEnvironmentError) -> String {
        if let host = variables["MASTER_ADDR"] { return host }
        let names = ["SLURM_STEP_NODELIST", "SLURM_NODELIST", "SLURM_JOB_NODELIST"]
        guard let name = names.first(where: { variables[$0] != nil }), let list = variables[name]
        else {
            throw .missing(
                "SLURM_NODELIST", "the hosts of the step",
                because: "SLURM_PROCID is, and MASTER_ADDR is not")
        }
        guard let host = HostList.first(of: list) else {
            throw ProcessEnvironmentError(
                variable: name, problem: "expected hosts such as a[01-03,07],b, found '\(list)'",
                remedy: "set MASTER_ADDR to the host of the first process")
        }
        return host
    }

    /// The count of a node, from 0, in a list such as `4(x2),3`; nil where the list has no such
    /// node.
    static func tasksPerNode(_ counts: String, node: Int) -> Int? {
        var left = node
        for entry in counts.split(separator: ",") {
            guard let match = entry.wholeMatch(of: /(\d+)(?:\(x(\d+)\))?/), let tasks = Int(match.1)
            else {
                return nil
            }
            let nodes = match.2.flatMap { Int($0) } ?? 1
            if left < nodes { return tasks }
            left -= nodes
        }
        return nil
    }
}

/// SLURM's way to write the names of hosts.
enum HostList {
    /// The first host of a list such as `a[01-03,07]-ib,b`; nil where it is malformed.
    static func first(of list: String) -> String? {
        var host = ""
        var rest = Substring(list)
        while let character = rest.popFirst(), character != "," {
            guard character == "[" else {
                guard isAllowed(character) else { return nil }
                host.append(character)
                continue
            }
            guard let end = rest.firstIndex(of: "]"), let first = firstNumber(rest[..<end]) else {
                return nil
            }
            host += first
            rest = rest[rest.index(after: end)...]
        }
        return host.isEmpty ? nil : host
    }

    /// The first number of `01-03,07`, with its zeros.
    private static func firstNumber(_ ranges: Substring) -> Substring? {
        let entries = ranges.split(separator: ",", omittingEmptySubsequences: false)
        guard entries.allSatisfy({ $0.wholeMatch(of: /\d+(?:-\d+)?/) != nil }) else { return nil }
        return entries.first?.prefix { $0 != "-" }
    }

    private static func isAllowed(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "-._:".contains(character)
    }
}
