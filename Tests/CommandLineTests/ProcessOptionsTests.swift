import ArgumentParser
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitCommandLine

/// The options alone, as a command has them.
private struct Options: ParsableCommand {
    @OptionGroup var compute: ComputeOptions
    @OptionGroup var processes: ProcessOptions
}

private let torchrun = [
    "RANK": "1", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "node1",
]

private let slurm = [
    "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2", "SLURM_LOCALID": "0",
    "SLURM_NODELIST": "a[1-2]",
]

/// What is said about the options; nil where they are accepted.
private func refusal(
    _ arguments: String, _ variables: [String: String] = [:], ofSweep: Bool = false
) -> String? {
    do {
        let options = try Options.parse(arguments.split(separator: " ").map(String.init))
        let processes = options.processes
        _ =
            ofSweep
            ? try processes.environmentOfSweep(with: options.compute, variables: variables)
            : try processes.environment(with: options.compute, variables: variables)
        return nil
    } catch let error as ValidationError {
        return error.message
    } catch {
        return Options.message(for: error)
    }
}

@Test("Options of processes that exclude each other are refused in a sentence")
func excludedOptions() {
    let table: [(arguments: String, message: String)] = [
        (
            "--gpus 2 --processes 2",
            "--gpus starts a process for each GPU, --processes on the CPU: use one of them"
        ),
        (
            "--gpus 2 --device cuda:1",
            "--gpus gives each process a GPU of its own, and --device cuda:1 one to all: use one of them"
        ),
        (
            "--processes 2 --device cuda",
            "--processes starts processes on the CPU, and --device cuda is a GPU: use --gpus N"
        ),
        (
            "--nodes 2",
            "--nodes needs the number of processes on each machine: give --gpus N or --processes N"
        ),
        (
            "--master a:1",
            "--master needs the number of processes on each machine: give --gpus N or --processes N"
        ),
        ("--processes 0", "--processes must be at least 1, found 0"),
        ("--gpus 0", "--gpus must be at least 1, found 0"),
        ("--nodes 0", "--nodes must be at least 1, found 0"),
        ("--node-rank=-1", "--node-rank must be at least 0, found -1"),
        ("--max-restarts=-1", "--max-restarts must be at least 0, found -1"),
        ("--timeout 0", "--timeout must be a number of seconds above 0, found 0.0"),
        ("--timeout inf", "--timeout must be a number of seconds above 0, found inf"),
        (
            "--collective-timeout 0",
            "--collective-timeout must be a number of seconds above 0, found 0.0"
        ),
    ]
    for (arguments, message) in table { #expect(refusal(arguments) == message) }
    for arguments in ["", "--processes 2", "--processes 2 --nodes 2", "--max-restarts 1"] {
        #expect(refusal(arguments) == nil, "\(arguments)")
    }
}

@Test("More GPUs than there are are refused, with what to do")
func missingGPUs() throws {
    let count = Engine.cudaDeviceCount
    let message = try #require(refusal("--gpus \(count + 1)"))
    let (problem, remedy) = try #require(Engine.cuda.problem(with: .cuda(count)))
    let advice = count == 0 ? remedy : "use --gpus \(count)"
    #expect(message == "--gpus \(count + 1): \(problem); \(advice)")
}

@Test("A process that torchrun or SLURM has started starts no others")
func startedAlready() {
    #expect(refusal("", torchrun) == nil && refusal("--device cuda", torchrun) == nil)
    #expect(
        refusal("--gpus 2", torchrun)
            == "--gpus starts processes, and torchrun has started this one (process 1 of 4): leave it out, or give --launcher none"
    )
    #expect(
        refusal("--max-restarts 2", slurm)
            == "--max-restarts starts processes, and SLURM has started this one (process 1 of 2): leave it out, or give --launcher none"
    )
    #expect(refusal("--processes 2 --launcher none", slurm) == nil)
    #expect(refusal("--processes 2", ["RANK": "0", "WORLD_SIZE": "1"]) == nil)
    #expect(
        refusal("--device cuda:0", torchrun)
            == "--device cuda:0 gives all processes the same GPU: with --device cuda each has its own"
    )
    // The processes of a launcher have its arguments.
    let launched = torchrun.merging(["DENSEKIT_LAUNCHER": "1"]) { $1 }
    #expect(refusal("--processes 4 --nodes 2 --max-restarts 1", launched) == nil)
}

@Test("A sweep is started once, on each machine for itself")
func sweepOptions() {
    #expect(
        refusal("", torchrun, ofSweep: true)
            == "a sweep starts the processes of each run itself, and torchrun has started this one (process 1 of 4): start it once, with --gpus N or --processes N, or give --launcher none"
    )
    let machines = ["NNODES": "2", "NODE_RANK": "0", "MASTER_ADDR": "a"]
    #expect(
        refusal("--processes 2", machines, ofSweep: true)
            == "the runs of a sweep use one machine: start one sweep on each machine, without --nodes and NNODES, in the same work directory; each takes runs that no other has"
    )
    #expect(refusal("", machines, ofSweep: true) == nil)
    #expect(refusal("--launcher none", torchrun, ofSweep: true) == nil)
}

@Test("Options reach the runs of a sweep as they were given")
func passedOn() throws {
    let all = [
        "--processes=4", "--max-restarts=2", "--launcher=slurm", "--timeout=30.0",
        "--collective-timeout=90.0",
    ]
    #expect(try Options.parse(all).processes.arguments == all)
    #expect(try Options.parse(["--gpus", "8"]).processes.arguments == ["--gpus=8"])
    #expect(try Options.parse([]).processes.arguments.isEmpty)
    let compute = try Options.parse(["--device", "cuda", "--threads", "2"]).compute
    #expect(compute.arguments == ["--device=cuda", "--threads=2"])
}

@Test("A restart resumes from the newest checkpoint in place of what the command said")
func restartArguments() {
    let table: [(String, String)] = [
        ("train a.yaml", "train --resume=auto a.yaml"),
        ("train a.yaml --resume iter_1 --seed 1", "train --resume=auto a.yaml --seed 1"),
        ("train --resume=auto a.yaml", "train --resume=auto a.yaml"),
        ("train --init-from w.pt a.yaml --set x=1", "train --resume=auto a.yaml --set x=1"),
        ("train --init-from=w.pt a.yaml", "train --resume=auto a.yaml"),
        ("train -- --resume", "train --resume=auto -- --resume"),
    ]
    for (before, after) in table {
        let words = argumentsThatResume(before.split(separator: " ").map(String.init))
        #expect(words.joined(separator: " ") == after)
    }
}

@Test("A restart resumes only from a checkpoint that was written since the command began")
func checkpointsSince() throws {
    try withTemporaryFolder { folder in
        let work = folder.path
        #expect(!WorkDirectory.hasCheckpoint(in: work, since: .distantPast))
        try FileManager.default.createDirectory(
            at: folder.appending(path: "iter_8"), withIntermediateDirectories: false)
        #expect(WorkDirectory.hasCheckpoint(in: work, since: .distantPast))
        #expect(WorkDirectory.hasCheckpoint(in: work, since: Date(timeIntervalSinceNow: -3600)))
        #expect(!WorkDirectory.hasCheckpoint(in: work, since: Date(timeIntervalSinceNow: 3600)))
    }
}
