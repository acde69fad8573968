import DenseKitDistributed
import DenseKitTorch
import Foundation
import Testing

/// Three processes, of which one ends or hangs: what the others say.
@Suite(.serialized) struct ProcessEndTests {
    let server: ProcessStore

    init() throws {
        server = try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 20)
    }

    private func start(
        _ task: String, heartbeat: Double = 2, collective: Double = 20
    ) throws -> WatchedProcesses {
        let processes = try WatchedProcesses(
            task, ranks: [0, 1, 2], of: 3, port: server.port, heartbeat: heartbeat,
            collective: collective)
        try processes.join()
        return processes
    }

    private static func others(_ rank: Int) -> [Int] { [0, 1, 2].filter { $0 != rank } }

    /// Every process that is left tells the same failure, and ends with the exit code for it.
    private func expect(
        _ ends: [WatchedProcesses.End], tell texts: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for end in ends {
            #expect(!end.isStuck && end.code == 70, "\(end)", sourceLocation: sourceLocation)
            for text in texts {
                #expect(end.errors.contains(text), "\(end)", sourceLocation: sourceLocation)
            }
            let words = texts[0].split(separator: "\n")[0]
            #expect(end.errorFile.contains(words), "\(end)", sourceLocation: sourceLocation)
        }
        // One block each, the same for all: the first failure.
        let blocks = ends.map { $0.errors.split(separator: "error: ").last }
        #expect(Set(blocks).count == 1, "\(ends)", sourceLocation: sourceLocation)
    }

    @Test(arguments: [0, 1, 2], ["compute", "reduce"])
    func aKilledProcessIsNamedByAllOthers(rank: Int, task: String) throws {
        // Far less than the heartbeat's timeout: the closed connection tells it.
        let processes = try start(task, heartbeat: 60)
        processes.signal(SIGKILL, to: [rank])
        expect(
            processes.ends(of: Self.others(rank)),
            tell: "error: process \(rank) of 3 failed first\n  host      ",
            "\n  cause     connection closed: crashed, or killed\n  time      20",
            ", noticed by process ")
    }

    @Test(arguments: [0, 1])
    func aStoppedProcessIsNamedByAllOthers(rank: Int) throws {
        let processes = try start("compute")
        processes.signal(SIGSTOP, to: [rank])
        expect(
            processes.ends(of: Self.others(rank)), tell: "error: process \(rank) of 3 failed first",
            "cause     no sign of life for 2 s: stopped, or out of reach")
    }

    @Test func anExitCodeIsTold() throws {
        let ends = try start("exit").ends(of: [0, 1, 2])
        #expect(ends[2].code == 3)
        expect(
            Array(ends[0...1]), tell: "error: process 2 of 3 failed first",
            "cause     ended with exit code 3")
    }

    @Test func theFirstErrorIsToldByAll() throws {
        let ends = try start("throw").ends(of: [0, 1, 2])
        #expect(ends[2].code == 1 && ends[2].errors == "error: the disk is full\n", "\(ends[2])")
        expect(
            Array(ends[0...1]), tell: "error: process 2 of 3 failed first",
            "cause     ended with an error", "error     the disk is full")
    }

    @Test func aProcessThatDoesNotComeToACollectiveIsNamed() throws {
        // Its heartbeat goes on.
        let ends = try start("hang", collective: 2).ends(of: [0, 1, 2])
        expect(
            ends, tell: "error: process 2 of 3 failed first",
            "cause     did not come to a collective in which others waited for 2 s")
    }

    @Test func aProcessThatStoppedOnRequestIsNoFailureButToldToThoseWhoNeedIt() throws {
        let ends = try start("stop").ends(of: [0, 1, 2])
        #expect(ends[2].code == 1 && ends[2].errors == "error: stopped on request\n")
        expect(
            Array(ends[0...1]), tell: "error: process 2 of 3 failed first",
            "cause     ended before the others: stopped on request")
    }

    @Test(arguments: ["leave", "return"])
    func processesThatEndOneAfterAnotherAlarmNobody(task: String) throws {
        let processes = try start(task, heartbeat: 1)
        for end in processes.ends(of: [0, 1, 2]) {
            #expect(end.code == 0 && end.errors == "" && end.errorFile == "", "\(end)")
        }
    }

    @Test func processesThatAreAllStoppedAndGoOnAlarmNobody() throws {
        let processes = try start("return", heartbeat: 2)
        processes.signal(SIGSTOP, to: [0, 1, 2])
        sleep(3)
        processes.signal(SIGCONT, to: [0, 1, 2])
        for end in processes.ends(of: [0, 1, 2]) {
            #expect(end.code == 0 && end.errors == "", "\(end)")
        }
    }

    @Test(arguments: [(SIGKILL, "is closed"), (SIGSTOP, "for 2 s")])
    func aStoreThatIsGoneIsTold(signal: Int32, text: String) throws {
        let store = try StoreProcess()
        let processes = try WatchedProcesses(
            "compute", ranks: [0, 1, 2], of: 3, port: store.port)
        try processes.join()
        store.signal(signal)
        for end in processes.ends(of: [0, 1, 2]) {
            #expect(!end.isStuck && end.code == 70)
            let head = "error: the 3 processes have lost their store\n  cause     "
            #expect(end.errors.hasPrefix(head), "\(end)")
            #expect(end.errors.contains("store at 127.0.0.1:\(store.port) \(text)"), "\(end)")
        }
    }

    @Test func aProcessThatNeverComesIsNamed() throws {
        let processes = try WatchedProcesses(
            "compute", ranks: [0, 1], of: 4, port: server.port, join: 2)
        for end in processes.ends(of: [0, 1]) {
            #expect(end.code == 1 && !end.isStuck)
            #expect(
                end.errors.hasPrefix(
                    "error: 2 of 4 processes did not come in 2 s: rank 2, 3; those that came: rank 0, 1 on "
                ), "\(end)")
        }
    }
}
