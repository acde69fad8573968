import Foundation
import Testing

/// Two launchers of one process each, as on two machines.
private func launchers(
    in folder: URL, iterations: Int, _ more: [String] = []
) throws -> [RunningDensekit] {
    let port = try freePort()
    let arguments =
        [
            "train", "run.yaml", "--work-dir", "w", "--processes", "1", "--nodes", "2", "--master",
            "127.0.0.1:\(port)", "--set", "train.iterations=\(iterations)", "--set",
            "train.checkpoint_interval=1", "--set", "train.eval_interval=1000",
        ] + more
    return try (0...1).map { rank in
        try RunningDensekit(arguments + ["--node-rank", "\(rank)"], in: folder)
    }
}

@Suite(.serialized) struct SeveralMachinesTests {
    @Test("Two launchers train together, and start again together after a process of one is killed")
    func restart() throws {
        try withRun { folder in
            let machines = try launchers(in: folder, iterations: 10, ["--max-restarts", "1"])
            #expect(machines[0].says("saved w/iter_2"))
            kill(try #require(children(of: machines[1])[1]), SIGKILL)
            for machine in machines {
                let result = try machine.result()
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.errors.contains("rank 1 of 2 failed first\n"), "\(result.errors)")
                #expect(result.errors.contains("all processes are started again: 1 of 1"))
            }
            #expect(machines[0].errorsSoFar.contains("Iter(train) [10/10]"))
        }
    }

    @Test("A launcher whose first machine is gone ends, and names its address")
    func lostMachine() throws {
        try withRun { folder in
            let machines = try launchers(in: folder, iterations: 500)
            #expect(machines[0].says("saved w/iter_2"))
            machines[0].signal(SIGKILL)
            let result = try machines[1].result()
            #expect(result.status != 0 && result.errors.contains("127.0.0.1:"), "\(result.errors)")
        }
    }
}
