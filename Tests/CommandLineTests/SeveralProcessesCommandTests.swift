import DenseKitCore
import Foundation
import Testing

/// Settings for a run of several processes that saves after every iteration.
private let setup = [
    "--set", "train.iterations=10", "--set", "train.checkpoint_interval=1", "--set",
    "train.eval_interval=1000",
]

/// The processes that `launcher` has started, in the order of their ranks.
private func processes(of launcher: pid_t) throws -> [pid_t] {
    let text = try String(
        contentsOfFile: "/proc/\(launcher)/task/\(launcher)/children", encoding: .utf8)
    let found = try text.split(separator: " ").compactMap { pid_t($0) }.map { process in
        let data = FileManager.default.contents(atPath: "/proc/\(process)/environ") ?? Data()
        let variables = String(decoding: data, as: UTF8.self).split(separator: "\0")
        let rank = variables.first { $0.hasPrefix("RANK=") }.flatMap { Int($0.dropFirst(5)) }
        return (rank: try #require(rank), process: process)
    }
    return found.sorted { $0.rank < $1.rank }.map(\.process)
}

/// A port that is free now.
private func freePort() throws -> Int {
    let store = try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: 10)
    return store.port
}

@Suite(.serialized) struct SeveralProcessesCommandTests {
    @Test(
        "Whichever of two processes is killed, the launcher names it and starts both again, and the run ends with the bytes of one that was never stopped"
    )
    func killedProcess() throws {
        try withRun { folder in
            let arguments =
                ["train", "run.yaml", "--processes", "2", "--max-restarts", "1"] + setup
            let whole = try runDensekit(arguments + ["--work-dir", "whole"], in: folder)
            #expect(whole.status == 0, "\(whole.errors)")
            let expected = try RunResult(folder.appending(path: "whole"))
            for rank in 0...1 {
                let name = "killed-\(rank)"
                let run = try RunningDensekit(arguments + ["--work-dir", name], in: folder)
                #expect(run.says("saved \(name)/iter_3"))
                kill(try processes(of: run.process.processIdentifier)[rank], SIGKILL)
                let result = try run.result()
                #expect(result.status == 0, "\(result.errors)")
                #expect(
                    result.errors.contains("rank \(rank) of 2 failed first\n"), "\(result.errors)")
                #expect(result.errors.contains("ended by  signal 9 (SIGKILL)\n"))
                #expect(result.errors.contains("all processes are started again: 1 of 1"))
                let end = try RunResult(folder.appending(path: name))
                #expect(end.weights == expected.weights && end.moments == expected.moments)
                #expect(end.scalars == expected.scalars)
            }
        }
    }

    @Test("SIGTERM to the launcher of two processes: they save, and the same command goes on")
    func stopped() throws {
        try withRun { folder in
            let arguments = ["train", "run.yaml", "--processes", "2", "--work-dir", "w"] + setup
            let run = try RunningDensekit(arguments, in: folder)
            #expect(run.says("Iter(train) [ 3/10]"))
            run.signal(SIGTERM)
            let stopped = try run.result()
            #expect(stopped.status == 0 && !stopped.errors.contains("[10/10]"), "\(stopped.errors)")
            let resumed = try runDensekit(arguments + ["--resume", "auto"], in: folder)
            #expect(resumed.status == 0 && resumed.errors.contains("resumed from w/iter_"))
            #expect(resumed.errors.contains("[10/10]"), "\(resumed.errors)")
        }
    }

    @Test("Two launchers train together, and start again together after a process of one is killed")
    func twoMachines() throws {
        try withRun { folder in
            let port = try freePort()
            let arguments = [
                "train", "run.yaml", "--work-dir", "w", "--processes", "1", "--nodes", "2",
                "--master", "127.0.0.1:\(port)", "--max-restarts", "1",
            ]
            let machines = try (0...1).map { rank in
                try RunningDensekit(arguments + ["--node-rank", "\(rank)"] + setup, in: folder)
            }
            #expect(machines[0].says("saved w/iter_2"))
            kill(try processes(of: machines[1].process.processIdentifier)[0], SIGKILL)
            for machine in machines {
                let result = try machine.result()
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.errors.contains("rank 1 of 2 failed first\n"), "\(result.errors)")
                #expect(result.errors.contains("all processes are started again: 1 of 1"))
            }
            #expect(machines[0].errorsSoFar.contains("[10/10]"))
        }
    }

    @Test("A machine whose first launcher is killed ends, and says that it does not answer")
    func lostMachine() throws {
        try withRun { folder in
            let port = try freePort()
            let arguments = [
                "train", "run.yaml", "--work-dir", "w", "--processes", "1", "--nodes", "2",
                "--master", "127.0.0.1:\(port)",
            ]
            let long = setup + ["--set", "train.iterations=500"]
            let machines = try (0...1).map { rank in
                try RunningDensekit(arguments + ["--node-rank", "\(rank)"] + long, in: folder)
            }
            #expect(machines[0].says("saved w/iter_2"))
            machines[0].signal(SIGKILL)
            let result = try machines[1].result()
            #expect(result.status != 0 && result.errors.contains("127.0.0.1:\(port)"))
        }
    }
}
