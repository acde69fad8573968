import Testing

@testable import DenseKitDistributed

private let torchrun = [
    "RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4",
    "MASTER_ADDR": "node1", "MASTER_PORT": "1234", "TORCHELASTIC_RESTART_COUNT": "2",
    "TORCHELASTIC_USE_AGENT_STORE": "True",
]

private let slurm = [
    "SLURM_PROCID": "5", "SLURM_STEP_NUM_TASKS": "8", "SLURM_NTASKS": "16", "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1", "SLURM_STEP_TASKS_PER_NODE": "4(x2)", "SLURM_NODELIST": "gpu[03-04]",
]

private func message(
    _ variables: [String: String], launcher: ProcessEnvironment.Launcher? = nil
) throws -> String {
    let error = try #require(throws: ProcessEnvironmentError.self) {
        try ProcessEnvironment(variables, launcher: launcher)
    }
    return "\(error)"
}

@Test("Without a launcher's variables a process is alone; an empty variable is not set")
func alone() throws {
    for variables in [[:], ["RANK": "", "MASTER_ADDR": "a", "MASTER_PORT": "1"]] {
        let environment = try ProcessEnvironment(variables)
        #expect(environment == .alone && environment.launcher == .alone)
        #expect("\(environment)" == "process 0 of 1")
    }
    #expect(try ProcessEnvironment(torchrun, launcher: .alone) == .alone)
}

@Test("torchrun's variables are read; the port is 29500 where it is missing")
func torchrunVariables() throws {
    let environment = try ProcessEnvironment(torchrun)
    #expect(
        environment
            == ProcessEnvironment(
                rank: 5, worldSize: 8, localRank: 1, localWorldSize: 4, masterHost: "node1",
                masterPort: 1234, launcher: .torchrun, restartCount: 2, storeIsHosted: true))
    #expect("\(environment)" == "process 5 of 8, started by torchrun")
    let few = torchrun.filter {
        ["RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR"].contains($0.key)
    }
    let short = try ProcessEnvironment(few)
    #expect(short.masterPort == 29500 && short.restartCount == 0 && !short.storeIsHosted)
    #expect(short.localWorldSize == nil)
    let own = torchrun.merging(["TORCHELASTIC_USE_AGENT_STORE": "False"]) { $1 }
    #expect(try !ProcessEnvironment(own).storeIsHosted)
}

@Test("A world of one process needs neither a master nor a local number")
func worldOfOne() throws {
    let environment = try ProcessEnvironment(["RANK": "0", "WORLD_SIZE": "1"])
    #expect(environment.worldSize == 1 && environment.localRank == 0)
    #expect(environment.masterHost == "127.0.0.1" && environment.launcher == .torchrun)
}

@Test(
    "Half of torchrun's variables, numbers that are none and numbers that do not fit are refused",
    arguments: [
        (
            ["WORLD_SIZE": nil],
            "WORLD_SIZE: is not set, but RANK is. Set it to the number of all processes, or give `launcher: .alone` for one process."
        ),
        (
            ["RANK": nil],
            "RANK: is not set, but WORLD_SIZE is. Set it to the number of this process among all, from 0, or give `launcher: .alone` for one process."
        ),
        (
            ["LOCAL_RANK": nil],
            "LOCAL_RANK: is not set, but WORLD_SIZE is 8. Set it to the number of this process on its machine, from 0, or give `launcher: .alone` for one process."
        ),
        (
            ["MASTER_ADDR": nil],
            "MASTER_ADDR: is not set, but WORLD_SIZE is 8. Set it to the host of the process with RANK=0, or give `launcher: .alone` for one process."
        ),
        (
            ["RANK": "8"],
            "RANK: expected a number below WORLD_SIZE, which is 8, found 8; numbers begin at 0"
        ),
        (
            ["RANK": "-1"],
            "RANK: expected a number of at least 0, found '-1'; set it to the number of this process among all, from 0"
        ),
        (
            ["WORLD_SIZE": "eight"],
            "WORLD_SIZE: expected a number of at least 1, found 'eight'; set it to the number of all processes"
        ),
        (
            ["WORLD_SIZE": "0"],
            "WORLD_SIZE: expected a number of at least 1, found '0'; set it to the number of all processes"
        ),
        (
            ["LOCAL_RANK": "4"],
            "LOCAL_RANK: expected a number below LOCAL_WORLD_SIZE, which is 4, found 4; numbers begin at 0"
        ),
        (
            ["LOCAL_WORLD_SIZE": "9"],
            "LOCAL_WORLD_SIZE: found 9, more than the 8 of WORLD_SIZE; set it to the number of processes on this machine"
        ),
        (
            ["MASTER_PORT": "65536"],
            "MASTER_PORT: expected a number of 1…65535, found '65536'; set it to the port of the store"
        ),
        (
            ["TORCHELASTIC_RESTART_COUNT": "x"],
            "TORCHELASTIC_RESTART_COUNT: expected a number of at least 0, found 'x'; set it to a count of restarts"
        ),
    ])
func torchrunRefusals(changes: [String: String?], text: String) throws {
    var variables = torchrun
    for (name, value) in changes { variables[name] = value }
    #expect(try message(variables) == text)
}

@Test("A torchrun that is asked for and is not there is refused")
func forcedTorchrun() throws {
    #expect(
        try message([:], launcher: .torchrun)
            == "WORLD_SIZE: is not set, but the launcher is torchrun. Set it to the number of all processes, or give `launcher: .alone` for one process."
    )
}

@Test("A step of SLURM is read; its own counts and hosts go before those of the job")
func slurmVariables() throws {
    let environment = try ProcessEnvironment(slurm)
    #expect(
        environment
            == ProcessEnvironment(
                rank: 5, worldSize: 8, localRank: 1, localWorldSize: 4, masterHost: "gpu03",
                masterPort: 29500, launcher: .slurm, restartCount: 0, storeIsHosted: false))
    let more = slurm.merging([
        "SLURM_STEP_NODELIST": "gpu04", "MASTER_PORT": "30000", "SLURM_RESTART_COUNT": "1",
    ]) { $1 }
    let other = try ProcessEnvironment(more)
    #expect(other.masterHost == "gpu04" && other.masterPort == 30000 && other.restartCount == 1)
    let named = try ProcessEnvironment(slurm.merging(["MASTER_ADDR": "10.0.0.1"]) { $1 })
    #expect(named.masterHost == "10.0.0.1" && "\(named)" == "process 5 of 8, started by SLURM")
}

@Test("The shell of a batch script and a step of one task are one process")
func slurmAlone() throws {
    var batch = slurm
    batch["SLURM_STEP_NUM_TASKS"] = nil
    #expect(try ProcessEnvironment(batch) == .alone)
    let one = slurm.merging(["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"]) { $1 }
    #expect(try ProcessEnvironment(one) == .alone)
    #expect(try ProcessEnvironment(slurm, launcher: .alone) == .alone)
    batch["SLURM_STEP_ID"] = "0"
    #expect(try ProcessEnvironment(batch).worldSize == 16)
}

@Test("SLURM's variables count without a step where they are asked for")
func forcedSLURM() throws {
    var job = slurm
    job["SLURM_STEP_NUM_TASKS"] = nil
    #expect(try ProcessEnvironment(job, launcher: .slurm).worldSize == 16)
    #expect(
        try message([:], launcher: .slurm)
            == "SLURM_NTASKS: is not set, but the launcher is SLURM. Set it to the number of all processes, or give `launcher: .alone` for one process."
    )
    let both = try ProcessEnvironment(slurm.merging(torchrun) { $1 })
    #expect(both.launcher == .torchrun)
    #expect(
        try ProcessEnvironment(slurm.merging(torchrun) { $1 }, launcher: .slurm).launcher == .slurm)
}

@Test(
    "Half of SLURM's variables are refused",
    arguments: [
        (
            ["SLURM_PROCID": nil],
            "SLURM_PROCID: is not set, but this is a step of SLURM with 8 tasks. Set it to the number of this process among all, from 0, or give `launcher: .alone` for one process."
        ),
        (
            ["SLURM_LOCALID": nil],
            "SLURM_LOCALID: is not set, but this is a step of SLURM with 8 tasks. Set it to the number of this process on its machine, from 0, or give `launcher: .alone` for one process."
        ),
        (
            ["SLURM_NODELIST": nil],
            "SLURM_NODELIST: is not set, but SLURM_PROCID is, and MASTER_ADDR is not. Set it to the hosts of the step, or give `launcher: .alone` for one process."
        ),
        (
            ["SLURM_NODELIST": "gpu[3"],
            "SLURM_NODELIST: expected hosts such as a[01-03,07],b, found 'gpu[3'; set MASTER_ADDR to the host of the first process"
        ),
        (
            ["SLURM_PROCID": "8"],
            "SLURM_PROCID: expected a number below the number of tasks, which is 8, found 8; numbers begin at 0"
        ),
        (
            ["SLURM_STEP_NUM_TASKS": "many"],
            "SLURM_STEP_NUM_TASKS: expected a number of at least 1, found 'many'; set it to the number of all processes"
        ),
    ])
func slurmRefusals(changes: [String: String?], text: String) throws {
    var variables = slurm
    for (name, value) in changes { variables[name] = value }
    #expect(try message(variables) == text)
}

@Test("A process that Launch started keeps its numbers, whatever else is set or asked for")
func launched() throws {
    let variables = slurm.merging(torchrun) { $1 }.merging([
        "DENSEKIT_LAUNCHER": "1", "DENSEKIT_RESTART_COUNT": "3",
        "TORCHELASTIC_USE_AGENT_STORE": "False",
    ]) { $1 }
    for launcher in [nil] + ProcessEnvironment.Launcher.allCases {
        let environment = try ProcessEnvironment(variables, launcher: launcher)
        #expect(environment.launcher == .densekit && environment.rank == 5)
        #expect(environment.restartCount == 3 && environment.storeIsHosted)
    }
}

@Test("Threads: SLURM's number, else the cores divided; none where they are set or bound")
func threadsOfProcess() throws {
    let step = try ProcessEnvironment(slurm)
    #expect(step.threads([:], available: 16, all: 16) == 4)
    #expect(step.threads([:], available: 2, all: 2) == 1)
    #expect(step.threads([:], available: 8, all: 16) == nil)
    #expect(step.threads(["SLURM_CPUS_PER_TASK": "6"], available: 8, all: 16) == 6)
    #expect(step.threads(["SLURM_CPUS_PER_TASK": "6"], available: 4, all: 16) == 4)
    #expect(step.threads(["OMP_NUM_THREADS": "3"], available: 16, all: 16) == nil)
    let few = torchrun.filter { $0.key != "LOCAL_WORLD_SIZE" }
    #expect(try ProcessEnvironment(few).threads([:], available: 16, all: 16) == nil)
    let cores = ["SLURM_CPUS_PER_TASK": "6"]
    #expect(try ProcessEnvironment(torchrun).threads(cores, available: 16, all: 16) == 4)
    #expect(ProcessEnvironment.alone.threads([:], available: 16, all: 16) == nil)
}

@Test(
    "The first host of SLURM's lists",
    arguments: [
        ("a", "a"), ("a,b", "a"), ("a[1-3]", "a1"), ("a[01-03,07],b", "a01"),
        ("gpu-[007]", "gpu-007"), ("a[09-10]-ib,b", "a09-ib"), ("r[1-2]n[03,05-08]", "r1n03"),
        ("a[3,1],b[2]", "a3"), ("b.example.org,a[1-2]", "b.example.org"), ("a[1-2]b,c[1-2]", "a1b"),
        ("", nil), ("a[", nil), ("a[]", nil), ("a[1-]", nil), ("a[1,]", nil), ("a[x]", nil),
        ("a]", nil), (",a", nil), ("a b", nil), ("a[1[2]]", nil),
    ])
func firstHosts(list: String, host: String?) { #expect(HostList.first(of: list) == host) }

@Test("Tasks of a node in SLURM's lists")
func tasksPerNode() {
    let counts = (0..<5).map { ProcessEnvironment.tasksPerNode("4(x2),3,8", node: $0) }
    #expect(counts == [4, 4, 3, 8, nil])
    #expect(ProcessEnvironment.tasksPerNode("4(y2)", node: 0) == nil)
}
