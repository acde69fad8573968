import Foundation
import Synchronization
import TemporaryFolders
import Testing

@testable import DenseKitDistributed

/// The launchers of two machines in one process.
private final class SharedRendezvous: Rendezvous, Sendable {
    private let failures = Mutex<[Int: RankFailure]>([:])
    private let waiting = Mutex<[Int: Int]>([:])

    func announce(_ failure: RankFailure, attempt: Int) {
        failures.withLock { $0[attempt] = $0[attempt] ?? failure }
    }

    func failure(ofAttempt attempt: Int) -> RankFailure? { failures.withLock { $0[attempt] } }

    func waitForAll(attempt: Int, timeout: Double) {
        waiting.withLock { $0[attempt, default: 0] += 1 }
        while waiting.withLock({ $0[attempt, default: 0] }) < 2 { usleep(5_000) }
    }

    func leave() {}
}

/// Runs two machines of two processes each; what their launchers threw, and what they said.
private func runTwoMachines(
    _ script: String, maxRestarts: Int = 0, in folder: TemporaryFolder
) async -> [String] {
    let rendezvous = SharedRendezvous()
    return await withTaskGroup(of: (Int, String).self) { group in
        for node in 0...1 {
            group.addTask {
                var shell = ShellLaunch(in: folder, script)
                shell.launch.maxRestarts = maxRestarts
                shell.launch.grace = .milliseconds(200)
                shell.launch.rendezvous = { _ in rendezvous }
                do {
                    shell.launch.nodes = try LaunchNodes(
                        count: 2, rank: node, master: "127.0.0.1:4712", variables: [:])
                    try shell.launch.run()
                    return (node, "finished")
                } catch {
                    return (node, "\(error)")
                }
            }
        }
        var results = ["", ""]
        for await (node, result) in group { results[node] = result }
        return results
    }
}

@Suite(.serialized) struct RendezvousTests {
    @Test("Two machines number their processes together, and both name the first failure")
    func failure() async throws {
        let folder = try TemporaryFolder()
        let results = await runTwoMachines(
            """
            echo "$RANK $WORLD_SIZE $LOCAL_RANK $LOCAL_WORLD_SIZE $MASTER_ADDR:$MASTER_PORT" >> seen
            if [ $RANK = 2 ]; then echo broken; exit 9; fi
            exec sleep 1000
            """, in: folder)
        for text in results {
            #expect(text.hasPrefix("rank 2 of 4 failed first\n"), "\(text)")
            #expect(text.contains("ended by  exit code 9\n") && text.contains("error     broken\n"))
        }
        #expect(
            sortedLines(folder.file("seen")) == (0..<4).map { "\($0) 4 \($0 % 2) 2 127.0.0.1:4712" }
        )
    }

    @Test("Both machines start again after a failure of one of them")
    func restart() async throws {
        let folder = try TemporaryFolder()
        let results = await runTwoMachines(
            """
            echo "$RANK $1" >> seen
            if [ $1 = 0 ]; then [ $RANK = 3 ] && exit 1; exec sleep 1000; fi
            """, maxRestarts: 1, in: folder)
        #expect(results == ["finished", "finished"])
        #expect(
            sortedLines(folder.file("seen")) == (0..<4).flatMap { ["\($0) 0", "\($0) 1"] })
    }

    @Test("No machine starts again after a mistake in the configuration on one of them")
    func mistake() async throws {
        let folder = try TemporaryFolder()
        let results = await runTwoMachines(
            "[ $RANK = 1 ] && exit 2; exec sleep 1000", maxRestarts: 1, in: folder)
        for text in results { #expect(text.hasPrefix("rank 1 of 4 failed first\n"), "\(text)") }
    }
}
