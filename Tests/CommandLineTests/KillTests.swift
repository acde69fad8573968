import Foundation
import Testing

/// Numbers that look random and are the same every time. (Steele, Lea & Flood 2014, SplitMix64)
private struct Moments: RandomNumberGenerator {
    var state: UInt64 = 20_261_121

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// What a run leaves, but for times.
struct RunResult: Equatable {
    let weights: Data
    let moments: Data
    let best: String
    let scalars: [String]
    let checkpoints: [String]
    let logLines: Int

    init(_ work: URL) throws {
        let last = try String(contentsOf: work.appending(path: "last_checkpoint"), encoding: .utf8)
        let checkpoint = work.appending(
            path: URL(filePath: last.trimmingCharacters(in: .newlines)).lastPathComponent)
        weights = try Data(contentsOf: checkpoint.appending(path: "model.safetensors"))
        moments = try Data(contentsOf: checkpoint.appending(path: "optimizer.safetensors"))
        let text = try Data(contentsOf: checkpoint.appending(path: "state.json"))
        let state = try #require(
            (try JSONSerialization.jsonObject(with: text) as? [String: Any])?["state"]
                as? [String: Any])
        let best = state["best"] as? [String: Any]
        self.best = "\(best?["value"] ?? "none") at \(best?["iteration"] ?? "none")"
        let names = try FileManager.default.contentsOfDirectory(atPath: work.path).sorted()
        checkpoints = names.filter { $0.hasPrefix("iter_") || $0.hasPrefix("best_") }
        // One folder through all resumes; runs that were killed before their first checkpoint have
        // others.
        let folder = work.appending(path: try #require(state["run"] as? String))
        let figures = try String(
            contentsOf: folder.appending(path: "vis_data/scalars.json"), encoding: .utf8)
        let lines = figures.split(separator: "\n")
        scalars = lines.map { String($0).replacing(/"(time|data_time)":[^,]*,/, with: "") }
        logLines = lines.count
    }
}

/// Saving takes a good part of the time, and what is evaluated and saved interleaves.
private let setup = [
    "--set", "train.iterations=9", "--set", "train.checkpoint_interval=1", "--set",
    "train.eval_interval=2", "--set",
    "train.log_interval=1",
    "--set", "train.keep_checkpoints=2", "--set", "model.backbone.width=24",
]

@Suite(.serialized) struct KillTests {
    /// `DENSEKIT_KILLS=200 swift test --filter KillTests` is the long version.
    @Test(
        "A run that is killed again and again, at any moment, ends with the bytes of one that was never stopped"
    )
    func killed() throws {
        let wanted = ProcessInfo.processInfo.environment["DENSEKIT_KILLS"].flatMap { Int($0) } ?? 10
        try withRun { folder in
            let first = try RunningDensekit(
                ["train", "run.yaml", "--work-dir", "whole"] + setup, in: folder)
            #expect(first.says("training images"))
            let started = Date()
            #expect(try first.result().status == 0)
            let duration = Date().timeIntervalSince(started)
            let whole = try RunResult(folder.appending(path: "whole"))
            #expect(whole.logLines == 9 + 5 && whole.best != "none at none")

            var moments = Moments()
            var kills = 0
            var inSaves = 0
            var round = 0
            while kills < wanted {
                round += 1
                let work = folder.appending(path: "killed\(round)")
                var status: Int32 = 9
                while status == 9 {
                    let arguments =
                        [
                            "train", "run.yaml", "--work-dir", work.lastPathComponent, "--resume",
                            "auto",
                        ] + setup
                    let run = try RunningDensekit(arguments, in: folder)
                    if kills < wanted {
                        // One in eight while it starts and reads its checkpoint, the others in
                        // training, which then takes several.
                        let starts = Int.random(in: 0..<8, using: &moments) == 0
                        if !starts { _ = run.says("training images") }
                        usleep(
                            UInt32(
                                Double.random(in: 0..<(starts ? 1 : duration / 2), using: &moments)
                                    * 1e6))
                        run.signal(SIGKILL)
                    }
                    let result = try run.result()
                    status = result.status
                    guard status == 9 else {
                        #expect(status == 0, "\(result.errors)")
                        break
                    }
                    kills += 1
                    let left =
                        FileManager.default.enumerator(atPath: work.path)?.compactMap {
                            $0 as? String
                        } ?? []
                    if left.contains(where: { $0.hasSuffix(".tmp") }) { inSaves += 1 }
                }
                let result = try RunResult(work)
                #expect(
                    result == whole,
                    "round \(round), after \(kills) kills: \(result.scalars) \(result.best) \(result.checkpoints)"
                )
                try FileManager.default.removeItem(at: work)
            }
            print("\(kills) kills in \(round) runs, \(inSaves) of them in the middle of a save")
        }
    }
}
