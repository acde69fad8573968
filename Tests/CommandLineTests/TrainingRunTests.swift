import DenseKitCheckpoints
import Foundation
import Testing

/// The training lines of a log without what depends on the clock.
func lossLines(_ log: String) -> [String] {
    log.split(separator: "\n").filter { $0.contains("Iter(train)") }.map { line in
        let fields = line.drop { $0 != "[" }.components(separatedBy: "  ")
        return fields.filter {
            !$0.hasPrefix("eta:") && !$0.hasPrefix("time:") && !$0.hasPrefix("data_time:")
        }.joined(
            separator: "  ")
    }
}

/// Every tensor's bytes by name.
private func tensors(_ path: URL) throws -> [String: [UInt8]] {
    let file = try SafetensorsFile(path: path.path)
    return try Dictionary(
        uniqueKeysWithValues: file.entries.map {
            ($0.name, try file.withBytes(of: $0) { Array($0) })
        })
}

@Test(
    "The same seed gives the same loss lines and the same weights, with one worker thread or four")
func sameSeed() throws {
    try withRun { folder in
        var lines: [[String]] = []
        var weights: [[String: [UInt8]]] = []
        for (name, workers) in [("a", 1), ("b", 1), ("c", 4)] {
            let result = try runDensekit(
                ["train", "run.yaml", "--work-dir", name, "--set", "data.workers=\(workers)"],
                in: folder)
            #expect(result.status == 0, "\(result.errors)")
            lines.append(lossLines(result.errors))
            weights.append(try tensors(folder.appending(path: "\(name)/iter_4/model.safetensors")))
        }
        #expect(lines[0].count == 4 && lines[0] == lines[1] && lines[0] == lines[2])
        #expect(!weights[0].isEmpty && weights[0] == weights[1] && weights[0] == weights[2])
        let other = try runDensekit(
            ["train", "run.yaml", "--work-dir", "d", "--seed", "1"], in: folder)
        #expect(lossLines(other.errors) != lines[0])
    }
}

@Test("A resumed run ends with the weights of one that was never stopped")
func resuming() throws {
    try withRun { folder in
        #expect(
            try runDensekit(["train", "run.yaml", "--work-dir", "whole"], in: folder).status == 0)
        let resumed = try runDensekit(
            ["train", "run.yaml", "--work-dir", "part", "--resume", "whole/iter_2"], in: folder)
        #expect(resumed.status == 0 && lossLines(resumed.errors).count == 2, "\(resumed.errors)")
        let whole = folder.appending(path: "whole/iter_4")
        let part = folder.appending(path: "part/iter_4")
        for file in ["model.safetensors", "optimizer.safetensors"] {
            #expect(try tensors(whole.appending(path: file)) == tensors(part.appending(path: file)))
        }
    }
}

@Test(
    "A bad image stops training with its name; what was reached is saved, and the run goes on once it is mended"
)
func badImage() throws {
    try withRun { folder in
        let picture = folder.appending(path: "data/images/training/0.jpg")
        let good = try Data(contentsOf: picture)
        let setup = [
            "--work-dir", "w", "--set", "train.batch=1", "--set", "train.iterations=12", "--set",
            "train.checkpoint_interval=100",
        ]
        // Whichever iteration meets it first, those before it are saved.
        try Data(good.prefix(good.count / 2)).write(to: picture)
        let stopped = try runDensekit(["train", "run.yaml"] + setup, in: folder)
        #expect(stopped.status == 1)
        #expect(
            stopped.errors.contains("data/images/training/0.jpg: the JPEG data is truncated"),
            "\(stopped.errors)")
        let done = lossLines(stopped.errors).count
        #expect(
            FileManager.default.fileExists(
                atPath: folder.appending(path: "w/iter_\(done)/state.json").path) == (done > 0))
        try good.write(to: picture)
        let mended = try runDensekit(["train", "run.yaml", "--resume", "auto"] + setup, in: folder)
        #expect(
            mended.status == 0 && lossLines(mended.errors).count == 12 - done, "\(mended.errors)")
    }
}

@Test("Weights that do not fit are refused, with the reason")
func weightsThatDoNotFit() throws {
    try withRun { folder in
        #expect(try runDensekit(["train", "run.yaml", "--work-dir", "w"], in: folder).status == 0)
        let model = try Data(contentsOf: folder.appending(path: "w/iter_4/model.safetensors"))
        try model.prefix(model.count - 1).write(to: folder.appending(path: "torn.safetensors"))
        try Data("- a\n- b\n".utf8).write(to: folder.appending(path: "two.yaml"))
        let table: [(arguments: [String], message: String)] = [
            (["test", "run.yaml", "nothing"], "nothing: no such file or directory"),
            (["test", "run.yaml", "torn.safetensors"], "torn.safetensors: has "),
            (
                ["test", "run.yaml", "w/iter_4", "--set", "model.neck.channels=16"],
                "does not fit the model"
            ),
            (
                ["test", "run.yaml", "w/iter_4", "--set", "data.val.classes=two.yaml"],
                "was trained for 8 classes, the data set has 2"
            ),
            (
                ["train", "run.yaml", "--work-dir", "v", "--resume", "torn.safetensors"],
                "is not a checkpoint of a run"
            ),
            (
                [
                    "infer", "run.yaml", "w/iter_4", "data/images/training/0.jpg",
                    "data/images/training/../training/0.jpg",
                ],
                "data/images/training/../training/0.jpg: is given twice; name it, or a folder or a pattern that gives it, once"
            ),
            (
                ["train", "run.yaml", "--work-dir", "run.yaml/v"],
                "the work directory cannot be made"
            ),
        ]
        for (arguments, message) in table {
            let result = try runDensekit(arguments, in: folder)
            #expect(
                result.status != 0 && result.errors.contains(message),
                "\(arguments): \(result.errors)")
        }
    }
}
