import DenseKitDistributed
import DenseKitTorch
import Foundation
import SeveralProcesses
import Testing

/// Three processes, of which one ends or hangs: what the others say.
@Suite struct ProcessEndTests {
    /// What happens to three processes, and their ends in the order of ranks.
    private static func ends(
        _ task: String, heartbeat: Double = 2, collective: Double = 20,
        _ event: (WatchedProcesses) -> Void = { _ in }
    ) throws -> [WatchedProcesses.End] {
        let server = try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 20)
        let processes = try WatchedProcesses(
            task, ranks: [0, 1, 2], of: 3, port: server.port, heartbeat: heartbeat,
            collective: collective)
        try processes.join()
        event(processes)
        return withExtendedLifetime(server) { processes.ends() }
    }

    private static func others(_ rank: Int) -> [Int] { [0, 1, 2].filter { $0 != rank } }

    /// The processes tell the same failure, and end with the exit code for it.
    private func expect(
        _ ends: some Collection<WatchedProcesses.End>, tell texts: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for end in ends {
            #expect(!end.isStuck && end.code == 70, "\(end)", sourceLocation: sourceLocation)
            #expect(end.errors.hasPrefix("error: " + texts[0]), sourceLocation: sourceLocation)
            for text in texts {
                #expect(end.errors.contains(text), "\(end)", sourceLocation: sourceLocation)
            }
            let line = String(texts[0].prefix { $0 != "\n" })
            #expect(end.errorFile.contains(line), "\(end)", sourceLocation: sourceLocation)
        }
        // One block each, which is the same: the first failure.
        #expect(Set(ends.map(\.errors)).count == 1, "\(ends)", sourceLocation: sourceLocation)
    }

    @Test func aKilledProcessIsNamedByAllOthers() throws {
        let cases = [(0, "compute"), (1, "compute"), (0, "reduce"), (1, "train"), (2, "reduce")]
        let all = try concurrently(cases) { rank, task in
            // Far above the limit for their ends: the closed connection tells it.
            try Self.ends(task, heartbeat: 60) { $0.signal(SIGKILL, to: [rank]) }
        }
        for ((rank, _), ends) in zip(cases, all) {
            expect(
                Self.others(rank).map { ends[$0] },
                tell: "process \(rank) of 3 failed first\n  host      ",
                "\n  cause     connection closed: crashed, or killed\n  time      20",
                ", noticed by process ")
        }
    }

    @Test func aStoppedProcessIsNamedByAllOthers() throws {
        let cases = [(0, "compute"), (1, "reduce")]
        let all = try concurrently(cases) { rank, task in
            try Self.ends(task) { processes in
                processes.signal(SIGSTOP, to: [rank])
                processes.wait(for: Self.others(rank))
                processes.signal(SIGKILL, to: [rank])
            }
        }
        for ((rank, _), ends) in zip(cases, all) {
            expect(
                Self.others(rank).map { ends[$0] },
                tell: "process \(rank) of 3 failed first\n",
                "cause     no sign of life for 2 s: stopped, or out of reach")
        }
    }

    @Test func whatEndsAProcessIsToldByTheOthers() throws {
        let tasks = ["exit", "throw", "stop"]
        let all = try concurrently(tasks) { try Self.ends($0) }
        let causes = [
            "ended with exit code 3", "ended with an error",
            "ended before the others: stopped on request",
        ]
        for (ends, cause) in zip(all, causes) {
            expect(
                ends[0...1], tell: "process 2 of 3 failed first\n", "cause     \(cause)\n")
        }
        #expect(all.map { $0[2].code } == [3, 1, 1])
        // An error is told by all; the process itself tells it alone.
        #expect(all[1][0...1].allSatisfy { $0.errors.contains("error     the disk is full\n") })
        #expect(all[1][2].errors == "error: the disk is full\n")
        #expect(all[2][2].errors == "error: stopped on request\n")
    }

    @Test func aProcessThatDoesNotComeToACollectiveIsNamed() throws {
        // Its heartbeat goes on, so that it ends with the others.
        let ends = try Self.ends("hang", collective: 2)
        expect(
            ends, tell: "process 2 of 3 failed first\n",
            "cause     did not come to a collective in which others waited for 2 s")
    }

    @Test func processesThatEndOneAfterAnotherOrAreAllStoppedForAWhileAlarmNobody() throws {
        let all = try concurrently(["leave", "return", "stopped"]) { task in
            try Self.ends(task == "stopped" ? "return" : task, heartbeat: 1) { processes in
                guard task == "stopped" else { return }
                processes.signal(SIGSTOP, to: [0, 1, 2])
                sleep(2)
                processes.signal(SIGCONT, to: [0, 1, 2])
            }
        }
        for end in all.joined() {
            #expect(end.code == 0 && end.errors == "" && end.errorFile == "", "\(end)")
        }
    }

    @Test func aStoreThatIsGoneIsTold() throws {
        let all = try concurrently([(SIGKILL, "is closed"), (SIGSTOP, "for 2 s")]) {
            let store = try StoreProcess()
            let processes = try WatchedProcesses(
                "compute", ranks: [0, 1, 2], of: 3, port: store.port)
            try processes.join()
            store.signal($0)
            return (processes.ends(), "store at 127.0.0.1:\(store.port) " + $1)
        }
        for (ends, text) in all {
            for end in ends {
                // Nothing can be published, so that each tells who noticed it: itself.
                expect([end], tell: "the 3 processes have lost their store\n", text)
            }
        }
    }

    @Test func theProcessThatHoldsTheStoreIsNamed() throws {
        let all = try concurrently([SIGKILL, SIGSTOP]) { signal in
            let free = try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 5).port
            let processes = try WatchedProcesses("hold", ranks: [0, 1, 2], of: 3, port: free)
            try processes.join()
            processes.signal(signal, to: [0])
            processes.wait(for: [1, 2])
            processes.signal(SIGKILL, to: [0])
            return processes.ends()
        }
        for end in all[0][1...2] { expect([end], tell: "process 0 of 3 failed first\n") }
        for end in all[1][1...2] {
            expect(
                [end], tell: "the 3 processes have lost their store\n  host      ",
                "cause     no answer from the store at 127.0.0.1:")
        }
    }

    @Test func aProcessThatNeverComesIsNamed() throws {
        let server = try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 20)
        let processes = try WatchedProcesses(
            "compute", ranks: [0, 1], of: 4, port: server.port, join: 2)
        for end in processes.ends() {
            #expect(end.code == 1 && !end.isStuck)
            let text =
                "error: 2 of 4 processes did not come in 2 s: rank 2, 3; those that came: rank 0, 1 on "
            #expect(end.errors.hasPrefix(text), "\(end)")
        }
    }
}
