import DenseKitErrors
import DenseKitTorch
import Foundation
import SeveralProcesses
import Synchronization
import Testing

@testable import DenseKitDistributed

/// The parts of a watch, with threads in place of processes.
@Suite struct WatchTests {
    private static func place(_ rank: Int, on host: String = "node7") -> ProcessPlace {
        ProcessPlace(rank: rank, host: host, process: 4711, holdsStore: rank == 0)
    }

    private static func failure(
        _ ranks: [Int], _ event: ProcessFailure.Event, error: String? = nil
    ) -> ProcessFailure {
        ProcessFailure(
            processes: ranks.map { place($0) }, count: 4, event: event, error: error,
            time: Date(timeIntervalSince1970: 1.5), witness: place(0, on: "node1"))
    }

    private static func server() throws -> ProcessStore {
        try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 20)
    }

    @Test func theFailureThatWasPublishedFirstIsThatOfAll() throws {
        let server = try Self.server()
        func check() throws {
            let boards = try (0..<3).map { _ in
                FailureBoard(try server.connectedAgain(timeout: 20))
            }
            let first = Self.failure([2], .threw, error: "the disk is full")
            #expect(boards[0].first(within: 0) == nil)
            #expect(boards[0].publish(first) == first)
            #expect(boards[1].publish(Self.failure([0], .connectionClosed)) == first)
            #expect(boards[2].first(within: 0) == first)
        }
        try check()
        withExtendedLifetime(server) {}
    }

    @Test func aFailureCountsWithoutTheStoreToo() throws {
        var server: ProcessStore? = try Self.server()
        let client = try #require(try server?.connectedAgain(timeout: 20))
        let board = FailureBoard(client)
        // The server has accepted all connections of the client once it has answered some calls;
        // c10d ends the process of one that waits to be accepted.
        for _ in 0..<5 { try client.add("calls", 1) }
        server = nil
        let failure = Self.failure([0], .connectionClosed)
        #expect(board.publish(failure) == failure)
        #expect(board.publish(Self.failure([1], .connectionClosed)) == failure)
    }

    @Test func allWatchesFinishWithTheFirstFailure() throws {
        let server = try Self.server()
        let found = Mutex<[Int: ProcessFailure]>([:])
        let port = server.port
        try concurrently([0, 1, 2]) { rank in
            let store = try ProcessStore(host: "127.0.0.1", port: port, timeout: 20)
            let places = try Meeting.places(in: store, rank, of: 3, timeout: 20)
            let isFinished = DispatchSemaphore(value: 0)
            let watch = try ProcessWatch(
                store, places: places, rank: rank, address: "127.0.0.1",
                timeouts: .init(join: 20, heartbeat: 2)
            ) { watch, failure in
                found.withLock { $0[watch.own.rank] = failure }
                isFinished.signal()
            }
            if rank == 1 {
                watch.publish(.threw, error: "the disk is full")
                isFinished.signal()
            }
            #expect(isFinished.wait(timeout: .now() + 10) == .success)
            watch.leave(because: "the test ends")
        }
        withExtendedLifetime(server) {}
        let failures = found.withLock { $0 }
        // The process itself ends with its own error.
        #expect(failures.keys.sorted() == [0, 2])
        for failure in failures.values {
            #expect(failure.processes.map(\.rank) == [1] && failure.error == "the disk is full")
        }
    }

    @Test func aPeerThatDoesNotAnswerTheGoodbyeHoldsNobodyUp() throws {
        let server = try Self.server()
        let port = server.port
        let isDone = DispatchSemaphore(value: 0)
        try concurrently([0, 1]) { rank in
            let store = try ProcessStore(host: "127.0.0.1", port: port, timeout: 20)
            let group = try ProcessGroup(
                store, name: "watch", rank: rank, size: 2, address: "127.0.0.1", timeout: 20)
            if rank == 1 {
                isDone.wait()
            } else {
                let links = try PeerLinks(over: group)
                links.start { _ in Issue.record("the connection is open") }
                links.leave(within: 0.2)
                #expect(!links.hasLeft(1) && links.isAtRest)
                isDone.signal()
            }
        }
        withExtendedLifetime(server) {}
    }

    @Test func processZeroHasAConnectionToEachAndTheOthersHaveOne() throws {
        let server = try Self.server()
        let port = server.port
        let lost = Mutex<[Int]>([])
        let peers = try concurrently([0, 1, 2, 3]) { rank in
            let store = try ProcessStore(host: "127.0.0.1", port: port, timeout: 20)
            let group = try ProcessGroup(
                store, name: "watch", rank: rank, size: 4, address: "127.0.0.1", timeout: 20)
            let links = try PeerLinks(over: group)
            links.start { peer in lost.withLock { $0.append(peer) } }
            try group.barrier()
            links.leave(within: 5)
            #expect(links.isAtRest && links.peers.allSatisfy(links.hasLeft))
            return links.peers
        }
        withExtendedLifetime(server) {}
        #expect(peers == [[1, 2, 3], [0], [0], [0]])
        #expect(lost.withLock { $0 } == [])
    }

    @Test func timeInWhichTheProcessDidNotRunCountsOnlyInPart() {
        var clock = RunningClock(longest: .milliseconds(10))
        usleep(50_000)
        #expect(clock.elapsed() == 0.01)
        #expect(clock.elapsed() <= 0.01)
    }

    private struct Failed: DenseKitError {
        let problem: String
        var origin: ErrorOrigin { .program }
    }

    @Test(
        arguments: [
            (
                Failed(problem: "[gloo/transport/tcp/pair.cc:598] reset"),
                .closed
            ),
            (Failed(problem: "Connection closed by peer [::1]:2"), .closed),
            (Failed(problem: "Timed out waiting 2000ms for recv operation"), .timeout),
            (Failed(problem: "the disk is full"), nil),
            (ProcessGroupError("Timed out waiting 2000ms for recv operation"), .timeout),
            (ProcessGroupError("process 0 failed: the disk is full"), .closed),
        ] as [(any DenseKitError, ConnectionLoss?)])
    func errorsThatOtherProcessesMayCauseAreKnown(error: any DenseKitError, loss: ConnectionLoss?) {
        #expect(ConnectionLoss(of: error) == loss)
    }

    @Test(arguments: [
        (
            failure([2], .connectionClosed),
            """
            process 2 of 4 failed first
              host      node7
              process   4711
              cause     connection closed: crashed, or killed
              time      TIME, noticed by process 0 on node1
            See its log, and that of its system (dmesg), which kills processes where memory is short.
            """
        ),
        (
            failure([1, 2], .silent(seconds: 60)),
            """
            processes 1, 2 of 4 failed first
              host      node7, node7
              process   4711, 4711
              cause     no sign of life for 60 s: stopped, or out of reach
              time      TIME, noticed by process 0 on node1
            See whether it still runs, and whether its machine can be reached.
            """
        ),
        (
            failure([3], .threw, error: "a\nb"),
            """
            process 3 of 4 failed first
              host      node7
              process   4711
              cause     ended with an error
              time      TIME, noticed by process 0 on node1
              error     a
                        b
            """
        ),
        (
            failure([], .late(seconds: 2.5)),
            """
            the 4 processes cannot go on
              cause     a collective did not end in 2.5 s, though all had come to it
              time      TIME, noticed by process 0 on node1
            See the logs of these processes; what they do takes too long, or never ends.
            """
        ),
        (
            failure([], .storeSilent(address: "node1:29500", seconds: 60)),
            """
            the 4 processes have lost their store
              cause     no answer from the store at node1:29500 for 60 s
              time      TIME, noticed by process 0 on node1
            See whether the process that holds the store runs and its machine can be reached.
            """
        ),
    ])
    func aFailureTellsProcessMachineCauseTimeAndError(failure: ProcessFailure, text: String) {
        let time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.500/
        #expect("\(failure)".replacing(time, with: "TIME") == text)
    }
}
