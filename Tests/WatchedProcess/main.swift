import DenseKitDistributed
import DenseKitErrors
import DenseKitTorch
import Foundation

// One process of several, for tests of what the others notice when it ends or hangs:
//
//     WatchedProcess TASK RANK COUNT PORT JOIN HEARTBEAT COLLECTIVE
//
// where the last three are timeouts in seconds; or `WatchedProcess server`, which holds the store at
// a free port, prints that and waits.

struct FullDisk: DenseKitError {
    var problem: String { "the disk is full" }
    var origin: ErrorOrigin { .environment }
}

struct Stopped: DenseKitError {
    var problem: String { "stopped on request" }
    var origin: ErrorOrigin { .interruption }
}

func wait(_ seconds: Double = 60) { Thread.sleep(forTimeInterval: seconds) }

func run(_ task: String, _ processes: Processes) throws {
    let isLast = processes.rank == processes.count - 1
    switch task {
    // While the others compute.
    case "compute", "hold": wait()
    case "exit": if isLast { exit(3) } else { wait() }
    // While the others go on with collectives.
    case "reduce": while true { _ = try processes.sum([1.0]) }
    case "train":
        let weight = try Tensor.zeros([1 << 16])
        try weight.setRequiresGrad(true)
        let reducer = try GradientReducer([("weight", weight)], over: processes.gradients!)
        while true {
            try reducer.prepareForward()
            let loss = try (weight * weight).sum()
            try reducer.prepareBackward(loss)
            try loss.backward()
        }
    case "hang", "throw", "stop":
        for _ in 0..<5 { _ = try processes.sum([1.0]) }
        if isLast, task == "hang" { wait() }
        if isLast { throw task == "throw" ? FullDisk() as any Error : Stopped() }
        while true { _ = try processes.sum([1.0]) }
    // Ends at another time than the others, longer than the heartbeat's timeout apart.
    case "leave":
        wait(Double(processes.rank) * 1.2)
        processes.leave()
        processes.leave()
    case "return": wait(Double(processes.count - 1 - processes.rank) * 1.2)
    default: fatalError("unknown task \(task)")
    }
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    if arguments == ["server"] {
        let server = try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 5)
        print(server.port)
        fflush(nil)
        wait()
        exit(0)
    }
    let (rank, count, port) = (Int(arguments[1])!, Int(arguments[2])!, Int(arguments[3])!)
    let times = arguments[4...].map { Double($0)! }
    // The task `hold`: the first process holds the store.
    let isServer = arguments[0] == "hold" && rank == 0
    let store = try ProcessStore(
        host: "127.0.0.1", port: port, isServer: isServer, timeout: 20)
    let processes = try Processes(
        store, rank: rank, count: count,
        timeouts: .init(join: times[0], heartbeat: times[1], collective: times[2], grace: 0.5))
    processes.makeCurrent()
    try store.set("ready/\(rank)", "1")
    try run(arguments[0], processes)
} catch {
    let error = Processes.current.fail(error)
    ErrorFile.write("\(error)")
    try FileHandle.standardError.write(contentsOf: Data("error: \(error)\n".utf8))
    exit(error is ProcessFailure ? ProcessFailure.exitCode : 1)
}
