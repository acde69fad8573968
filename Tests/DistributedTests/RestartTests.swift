import Foundation
import Testing

@testable import DenseKitDistributed

@Suite(.serialized) struct RestartTests {
    private let failing = "echo $1 $DENSEKIT_RESTART_COUNT >> seen; [ $RANK = 0 ] || exit"

    @Test("All processes are started again after a failure, with the arguments of the attempt")
    func again() throws {
        var shell = try ShellLaunch("\(failing) $((1 - ($1 > 1)))")
        shell.launch.maxRestarts = 3
        #expect(try shell.failure() == nil)
        #expect(shell.lines("seen") == ["0 0", "0 0", "1 1", "1 1", "2 2", "2 2"])
        #expect(shell.notes.lines.count == 3)
        #expect(shell.notes.lines[1].hasPrefix("rank 1 of 2 failed first\n  host "))
        #expect(shell.notes.lines[2].hasSuffix("\nall processes are started again: 2 of 3"))
    }

    @Test("The last failure is thrown once all restarts are used up")
    func usedUp() throws {
        var shell = try ShellLaunch("\(failing) 4")
        shell.launch.maxRestarts = 2
        let failure = try #require(try shell.failure())
        #expect(failure.restarts == 2 && failure.exitCode == 4)
        #expect(failure.problem.hasPrefix("rank 1 of 2 failed first after 2 restarts\n"))
        #expect(shell.lines("seen").count == 6)
    }

    @Test(
        "Nothing is started again after a mistake in the configuration or the arguments",
        arguments: [2, 64])
    func mistake(code: Int32) throws {
        var shell = try ShellLaunch("\(failing) \(code)")
        shell.launch.maxRestarts = 2
        let failure = try #require(try shell.failure())
        #expect(failure.restarts == 0 && failure.exitCode == code)
        #expect(failure.origin == (code == 2 ? .configuration : .environment))
        #expect(shell.lines("seen").count == 2)
    }

    @Test("Nothing is started again once a signal was received")
    func signalled() throws {
        var shell = try ShellLaunch("trap '' TERM; \(failing) 1")
        shell.launch.maxRestarts = 2
        shell.launch.signals = { [SIGTERM] }
        #expect(throws: (any Error).self) { try shell.launch.run() }
        #expect(shell.lines("seen").count <= 2)
    }

    @Test("The log of an attempt follows that of the one before, and only its own end is reported")
    func logOfAttempt() throws {
        var shell = try ShellLaunch("[ $RANK = 0 ] || { echo attempt $1; exit 1; }")
        shell.launch.maxRestarts = 1
        let failure = try #require(try shell.failure())
        #expect(failure.cause.error == "attempt 1")
        #expect(shell.lines("logs/rank_1.log") == ["attempt 0", "attempt 1"])
    }
}
