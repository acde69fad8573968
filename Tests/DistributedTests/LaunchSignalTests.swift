import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitDistributed

/// Launchers in processes of their own, to which their children send signals.
@Suite(.serialized) struct LaunchSignalTests {
    /// Rank 0 sends `signals` to the launcher once both are ready; both note what they receive.
    private static func script(_ signals: String, exit code: Int32) -> String {
        """
        trap 'echo $RANK USR1 >> seen; exit \(code)' USR1
        trap 'echo $RANK TERM >> seen; exit \(code)' TERM
        trap 'echo $RANK INT >> seen; exit \(code)' INT
        echo > r$RANK
        if [ $RANK = 0 ]; then \(waiting(for: "r1")); \(signals); fi
        while :; do sleep 0.02; done
        """
    }

    @Test("SIGTERM, SIGINT and SIGUSR1 reach every process once, and the launcher ends as they do")
    func forwarded() async {
        await #expect(processExitsWith: .success) {
            for (name, number, code) in [
                ("TERM", SIGTERM, Int32(0)), ("INT", SIGINT, 130), ("USR1", SIGUSR1, 75),
            ] {
                var shell = try ShellLaunch(Self.script("kill -\(name) $PPID", exit: code))
                shell.launch.signals = { Interruption.signals }
                shell.launch.maxRestarts = 2
                let stop = try #require(throws: Interrupted.self) { try shell.launch.run() }
                #expect(stop.signal == number && stop.exitCode == code)
                #expect(shell.lines("seen") == ["0 \(name)", "1 \(name)"])
            }
        }
    }

    @Test("A process that is ended by the signal itself was stopped, and did not fail")
    func withoutHandler() async {
        await #expect(processExitsWith: .success) {
            var shell = try ShellLaunch("[ $RANK = 1 ] || kill -INT $PPID; exec sleep 1000")
            shell.launch.signals = { Interruption.signals }
            let stop = try #require(throws: Interrupted.self) { try shell.launch.run() }
            #expect(stop.signal == SIGINT)
        }
    }

    @Test("A process that fails after a signal is a failure, and nothing is started again")
    func failedStop() async {
        await #expect(processExitsWith: .success) {
            var shell = try ShellLaunch(Self.script("kill -TERM $PPID", exit: 1))
            shell.launch.signals = { Interruption.signals }
            shell.launch.maxRestarts = 2
            let failure = try #require(try shell.failure())
            #expect(failure.exitCode == 1 && failure.restarts == 0)
        }
    }

    @Test(
        "SIGUSR1 does not count as the first of two: SIGTERM after it is passed on, and the code is that of SIGUSR1"
    )
    func warningFirst() async {
        await #expect(processExitsWith: .success) {
            var shell = try ShellLaunch(
                """
                trap 'echo $RANK USR1 >> seen; echo > u$RANK' USR1
                trap 'echo $RANK TERM >> seen; exit 75' TERM
                echo > r$RANK
                if [ $RANK = 0 ]; then
                    \(waiting(for: "r1")); kill -USR1 $PPID; \(waiting(for: "u0"))
                    kill -USR1 $PPID; \(waiting(for: "u1")); kill -TERM $PPID
                fi
                while :; do sleep 0.02; done
                """)
            shell.launch.signals = { Interruption.signals }
            let stop = try #require(throws: Interrupted.self) { try shell.launch.run() }
            #expect(stop.exitCode == 75 && stop.signal == SIGUSR1)
            #expect(shell.lines("seen") == ["0 TERM", "0 USR1", "1 TERM", "1 USR1"])
        }
    }

    @Test("A launcher that is killed, or gets SIGTERM twice, takes all processes along")
    func killedLauncher() async throws {
        let stubborn = """
            trap '' TERM
            echo $$ > number$RANK
            """
        let folder = try TemporaryFolder()
        let path = folder.path
        for (signals, code) in [("-9", SIGKILL), ("-TERM", SIGTERM)] {
            let script = """
                \(stubborn)
                if [ $RANK = 0 ]; then
                    \(waiting(for: "number1"))
                    while :; do kill \(signals) $PPID; sleep 0.1; done
                fi
                while :; do sleep 0.02; done
                """
            let condition: ExitTest.Condition =
                code == SIGKILL ? .signal(SIGKILL) : .exitCode(128 + SIGTERM)
            await #expect(processExitsWith: condition) {
                [path = path as String, script = script as String] in
                var launch = Launch(processes: 2) { _ in ["-c", "cd '\(path)'\n\(script)"] }
                launch.hostStore = { PortOnly(port: $0) }
                launch.executable = "/bin/sh"
                try launch.run()
            }
            for rank in 0...1 {
                let file = folder.file("number\(rank)")
                let number = try #require(sortedLines(file).first)
                while !isGone(number) { usleep(10_000) }
                try FileManager.default.removeItem(atPath: file)
            }
        }
    }
}
