import DenseKitTorch
import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitDistributed

@Suite(.serialized) struct LaunchTests {
    @Test("Each process finds its number, its machine and the store in the environment")
    func environment() throws {
        var shell = try ShellLaunch(
            processes: 3,
            """
            echo "$RANK $WORLD_SIZE $LOCAL_RANK $LOCAL_WORLD_SIZE $MASTER_ADDR:$MASTER_PORT" >> seen
            echo "$DENSEKIT_LAUNCHER $DENSEKIT_RESTART_COUNT $OMP_NUM_THREADS $OWN $1" >> more
            [ -n "$DENSEKIT_ERROR_FILE" ]
            """)
        shell.launch.variables = ["OWN": "x", "RANK": "9", "PATH": "/usr/bin:/bin"]
        #expect(try shell.failure() == nil)
        #expect(shell.lines("seen") == (0..<3).map { "\($0) 3 \($0) 3 127.0.0.1:4711" })
        let threads = max(1, Engine.availableProcessors / 3)
        #expect(shell.lines("more") == Array(repeating: "1 0 \(threads) x 0", count: 3))
    }

    @Test("Cores are divided and said once; a number of threads that is set stays")
    func threads() throws {
        var shell = try ShellLaunch(processes: 1_000, "")
        #expect(shell.launch.threads == nil || shell.launch.threads == 1)
        shell.launch.variables = [:]
        #expect(shell.launch.threads == 1)
        shell.launch.processes = 1
        #expect(shell.launch.threads == Engine.availableProcessors)
        shell.launch.processes = 2
        let threads = max(1, Engine.availableProcessors / 2)
        let log = "output: \(shell.folder.path)/logs/rank_N.log"
        #expect(
            shell.launch.summary
                == "starting 2 processes, \(threads) thread\(threads == 1 ? "" : "s") each (OMP_NUM_THREADS); \(log)"
        )
        shell.launch.dividesCores = false
        #expect(shell.launch.threads == nil)
        #expect(shell.launch.summary == "starting 2 processes; \(log)")
        shell.launch.dividesCores = true
        shell.launch.variables = ["OMP_NUM_THREADS": "3"]
        #expect(shell.launch.threads == nil)
        #expect(try shell.failure() == nil)
        #expect(shell.notes.lines == ["starting 2 processes; \(log)"])
    }

    @Test("Output of the other ranks goes to their logs; a log without a line is removed")
    func logs() throws {
        let shell = try ShellLaunch(
            processes: 3, "[ $RANK = 0 ] || [ $RANK = 2 ] || { echo out; echo error >&2; }")
        #expect(try shell.failure() == nil)
        #expect(shell.lines("logs/rank_1.log") == ["error", "out"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: shell.folder.file("logs")) == [
                "rank_1.log"
            ])
    }

    @Test("The process that fails first is the cause, and its exit code that of the launcher")
    func cause() throws {
        let shell = try ShellLaunch(
            processes: 3,
            """
            if [ $RANK = 1 ]; then echo broken >&2; exit 7; fi
            \(waiting(for: "logs/rank_1.log"))
            sleep 0.2; echo "lost rank 1"; exit 1
            """)
        let failure = try #require(try shell.failure())
        #expect(failure.cause.rank == 1 && failure.cause.end == .exit(7))
        #expect(failure.exitCode == 7 && failure.cause.error == "broken")
        #expect(failure.cause.log == shell.folder.file("logs/rank_1.log"))
        #expect(failure.others.map(\.rank).sorted() == [0, 2])
        #expect(failure.others.allSatisfy { $0.end == .exit(1) && !$0.isEndedByLauncher })
        #expect(failure.others.contains { $0.error == "lost rank 1" })
    }

    @Test("A killed process is the cause, before those that report that it is gone")
    func killed() throws {
        let message = #"{"message": {"message": "peer is gone", "extraInfo": {"time": "%s"}}}"#
        let shell = try ShellLaunch(
            """
            if [ $RANK = 1 ]; then echo $$ > number; while :; do sleep 0.02; done; fi
            \(waiting(for: "number"))
            sleep 0.1; kill -9 $(cat number)
            printf '\(message)' $(date +%s.%N) > $DENSEKIT_ERROR_FILE
            exit 1
            """)
        let failure = try #require(try shell.failure())
        #expect(failure.cause.rank == 1 && failure.cause.end == .signal(SIGKILL))
        #expect(failure.exitCode == 137 && "\(failure)".contains("signal 9 (SIGKILL)"))
        #expect(failure.others.map(\.error) == ["peer is gone"])
    }

    @Test("An error that a process reports goes before its log")
    func reported() throws {
        let message = #"{"message": {"message": "a\nb", "extraInfo": {"timestamp": "12"}}}"#
        let shell = try ShellLaunch(
            "echo log; [ $RANK = 0 ] && exit; printf %s '\(message)' > $DENSEKIT_ERROR_FILE; exit 3"
        )
        let failure = try #require(try shell.failure())
        #expect(failure.cause.error == "a\nb")
        #expect(failure.cause.time == Date(timeIntervalSince1970: 12))
        #expect(failure.others.isEmpty)
    }

    @Test("Processes that do not notice the failure get SIGTERM, and SIGKILL if that does not help")
    func grace() throws {
        var shell = try ShellLaunch(
            processes: 3,
            """
            if [ $RANK = 0 ]; then \(waiting(for: "r1")); \(waiting(for: "r2")); exit 5; fi
            [ $RANK = 1 ] && trap 'exit 0' TERM
            [ $RANK = 2 ] && trap '' TERM
            echo > r$RANK
            while :; do sleep 0.02; done
            """)
        shell.launch.grace = .milliseconds(100)
        shell.launch.graceAfterTerm = .milliseconds(300)
        let failure = try #require(try shell.failure())
        #expect(failure.cause.rank == 0 && failure.exitCode == 5)
        #expect(failure.others.allSatisfy { $0.isEndedByLauncher })
        let ends = Dictionary(uniqueKeysWithValues: failure.others.map { ($0.rank, $0.end) })
        #expect(ends == [1: .exit(0), 2: .signal(SIGKILL)])
        #expect(
            shell.notes.lines.dropFirst() == [
                "still running after a failure, ended by SIGTERM: 1, 2",
                "still running after a failure, ended by SIGKILL: 2",
            ])
    }

    @Test("A stopped process is ended too")
    func stopped() throws {
        var shell = try ShellLaunch(
            """
            if [ $RANK = 1 ]; then echo > r1; kill -STOP $$; fi
            \(waiting(for: "r1")); exit 3
            """)
        shell.launch.grace = .milliseconds(100)
        shell.launch.graceAfterTerm = .milliseconds(100)
        let failure = try #require(try shell.failure())
        #expect(failure.cause.rank == 0 && failure.others.map(\.rank) == [1])
        #expect(failure.others.map(\.end) == [.signal(SIGKILL)])
    }

    @Test("What a process has started ends with it")
    func group() throws {
        let shell = try ShellLaunch(
            processes: 1, "sleep 1000 & echo $! > number")
        #expect(try shell.failure() == nil)
        let number = try #require(shell.lines("number").first)
        while !isGone(number) { usleep(10_000) }
    }

    @Test("A program that is not there, and a log that cannot be written, are errors")
    func impossible() throws {
        var shell = try ShellLaunch("")
        shell.launch.executable = "/no/such/program"
        let missing = try #require(throws: LaunchError.self) { try shell.launch.run() }
        #expect(
            "\(missing)"
                == "/no/such/program: the program cannot be started (No such file or directory)")
        shell.launch.processes = 0
        let none = try #require(throws: ArgumentError.self) { try shell.launch.run() }
        #expect("\(none)" == "the number of processes must be at least 1, found 0")
        let file = try shell.folder.write("file", [])
        shell.launch.processes = 2
        shell.launch.logFolder = file
        let log = try #require(throws: LaunchError.self) { try shell.launch.run() }
        #expect("\(log)".hasPrefix("\(file): the folder of logs cannot be made"))
    }
}
