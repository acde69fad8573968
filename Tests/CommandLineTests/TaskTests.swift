import DenseKitData
import DenseKitVision
import Foundation
import Testing

/// `docs/tutorial/depth.swift`: a task that no core file knows, with predictions, evaluator,
/// drawing and data of its own.
@Suite("A plugin's own task") struct TaskTests {
    private static let small = [
        "--set", "train.iterations=4", "--set", "train.batch=2", "--set", "train.eval_interval=2",
    ]

    private func withDepth(_ body: (URL) throws -> Void) throws {
        try withTemporaryFolder { folder in
            for name in ["depth.swift", "depth.yaml"] {
                try FileManager.default.copyItem(
                    at: packageFolder.appending(path: "docs/tutorial/\(name)"),
                    to: folder.appending(path: name))
            }
            try body(folder)
        }
    }

    @Test("Depth is trained, tested, inferred and drawn by the commands as they are")
    func depth() throws {
        try withDepth { folder in
            let train = try runDensekit(["train", "depth.yaml"] + Self.small, in: folder)
            #expect(train.status == 0, "\(train.errors)")
            #expect(
                train.errors.contains("decode.loss_depth")
                    && train.errors.contains("Iter(val) [4/4]    MAE:"))
            // The best is the one with the least error.
            let values = train.errors.matches(of: /Iter\(val\).*MAE: ([0-9.]+)/).compactMap {
                Double($0.output.1)
            }
            let best = train.errors.matches(of: /best MAE so far/).count
            let isBetter = values.count == 2 && values[1] < values[0]
            #expect(values.count == 2 && best == (isBetter ? 2 : 1), "\(train.errors)")

            let weights = "work_dirs/depth/iter_4"
            let test = try runDensekit(
                ["test", "depth.yaml", weights, "--out", "scores.json", "--show-dir", "shown"],
                in: folder)
            #expect(
                test.status == 0 && test.output.contains("mean absolute error:"), "\(test.errors)")
            let scores = try JSONDecoder().decode(
                [String: Double].self, from: Data(contentsOf: folder.appending(path: "scores.json"))
            )
            #expect(
                scores["MAE"].map { abs($0 - (values.last ?? -1)) < 0.01 } == true,
                "\(scores) \(values)")
            // Image, prediction and ground truth side by side.
            let shown = try ImageFile.read(folder.appending(path: "shown/vis/ramp 0.png").path)
            #expect(shown.width == 3 * 64 + 2 * 8)
            let last = (shown.height - 1) * shown.width + 2 * 72
            let levels = (last..<last + 64).map { shown.pixels[3 * $0] }
            #expect(levels == levels.sorted() && levels.first == 0 && levels.last == 255)
        }
    }

    /// The values of MAE in the log of a command, in order.
    private func errors(_ log: String) -> [Double] {
        log.matches(of: /Iter\(val\).*MAE: ([0-9.]+)/).compactMap { Double($0.output.1) }
    }

    @Test(
        "A sweep's table and early stopping know that less is better, and so does a hook that writes a file"
    )
    func sweep() throws {
        try withDepth { folder in
            let yaml = """
                _base_: depth.yaml
                train: { iterations: 6, batch: 2, eval_interval: 2 }
                hooks: [ { type: EarlyStopping, patience: 1, min_delta: 1000 }, MetricsFile ]
                sweep: { grid: { train.seed: [0] } }
                """
            try Data(yaml.utf8).write(to: folder.appending(path: "several.yaml"))
            let sweep = try runDensekit(["sweep", "several.yaml"], in: folder)
            #expect(sweep.status == 0, "\(sweep.errors)")
            let list = try runDensekit(["sweep", "several.yaml", "--list", "--json"], in: folder)
            struct Content: Decodable {
                struct Score: Decodable {
                    let value: Double
                    let iteration: Int
                }
                struct Run: Decodable {
                    let state: String
                    let metric: String
                    let best: Score
                    let final: Score
                    let folder: String
                    let iteration: Int
                }
                let runs: [Run]
            }
            let run = try #require(
                try JSONDecoder().decode(Content.self, from: Data(list.output.utf8)).runs.first)
            // No improvement is above 1000 m: the second validation is the last.
            #expect(run.state == "finished" && run.metric == "MAE" && run.iteration == 4)
            let work =
                run.folder.hasPrefix("/")
                ? URL(filePath: run.folder) : folder.appending(path: run.folder)
            let names = try FileManager.default.contentsOfDirectory(atPath: work.path)
            #expect(names.contains("best_MAE_iter_\(run.best.iteration)"), "\(names)")
            let table = try #require(names.first { $0.hasPrefix("20") })
            let file = work.appending(path: "\(table)/metrics.csv")
            let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            #expect(rows.count == 3 && rows[0] == "step,lr,loss,MAE")
            let values = rows.dropFirst().compactMap {
                $0.split(separator: ",").last.flatMap { Double($0) }
            }
            let lowest = try #require(values.min())
            #expect(values.count == 2 && values[0] != values[1])
            #expect(run.best.value == lowest && run.best.iteration == (values[0] == lowest ? 2 : 4))
            #expect(run.final.value == values[1])
        }
    }

    @Test("A resumed run keeps the least error of before")
    func resumed() throws {
        try withDepth { folder in
            let short = [
                "--set", "train.iterations=2", "--set", "train.batch=2", "--set",
                "train.eval_interval=2",
            ]
            let first = try runDensekit(["train", "depth.yaml"] + short, in: folder)
            #expect(first.status == 0, "\(first.errors)")
            let bad = ["--set", "optimizer.lr=1000", "--set", "schedule.warmup_iterations=0"]
            let second = try runDensekit(
                ["train", "depth.yaml", "--resume", "auto"] + Self.small + bad, in: folder)
            #expect(second.status == 0, "\(second.errors)")
            let before = errors(first.errors)
            let after = errors(second.errors)
            #expect(
                before.count == 1 && !second.errors.contains("best MAE so far"),
                "\(before) \(after)")
            let names = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "work_dirs/depth").path)
            #expect(
                names.filter { $0.hasPrefix("best_") } == ["best_MAE_iter_2"], "\(before) \(after)")
        }
    }

    @Test(
        "An image's depths are drawn in grey and written as the task says; training samples are drawn with theirs"
    )
    func inference() throws {
        try withDepth { folder in
            let train = try runDensekit(["train", "depth.yaml"] + Self.small, in: folder)
            #expect(train.status == 0, "\(train.errors)")
            try ImageFile.writePNG(
                RGBImage(height: 40, width: 56, fill: RGBColor(9, 90, 200)),
                to: folder.appending(path: "street.png").path)
            let infer = try runDensekit(
                ["infer", "depth.yaml", "work_dirs/depth/iter_4", "street.png"], in: folder)
            #expect(infer.status == 0, "\(infer.errors)")
            let drawing = try ImageFile.read(folder.appending(path: "out/vis/street.png").path)
            let isGrey = (0..<40 * 56).allSatisfy { pixel in
                Set(drawing.pixels[3 * pixel..<3 * pixel + 3]).count == 1
            }
            #expect(drawing.size == Size2D(height: 40, width: 56) && isGrey)
            let file = try JSONDecoder().decode(
                [String: [[Float]]].self,
                from: Data(contentsOf: folder.appending(path: "out/pred/street.json")))
            #expect(
                file["metres"]?.count == 40 && file["metres"]?.allSatisfy { $0.count == 56 } == true
            )

            let browse = try runDensekit(
                ["browse", "depth.yaml", "--set", "train.batch=2"], in: folder)
            #expect(
                browse.status == 0 && browse.output.split(separator: "\n").count == 2,
                "\(browse.errors)")
            let words = try runDensekit(
                [
                    "infer", "depth.yaml", "work_dirs/depth/iter_4", "street.png", "--classes",
                    "a,b",
                ], in: folder)
            #expect(
                words.status != 0
                    && words.errors.contains("a head that estimates depth has no classes"))
        }
    }

    @Test("check reads the data and takes a step; data of another task is refused before training")
    func check() throws {
        try withDepth { folder in
            let sound = try runDensekit(
                ["check", "depth.yaml", "--set", "train.batch=2"], in: folder)
            #expect(
                sound.status == 0 && sound.output.contains("decode.loss_depth"),
                "\(sound.output)\(sound.errors)")
            try writeScenes(to: folder.appending(path: "data"))
            let data = "{type: ADE20K, root: data, split: training}"
            let other = try runDensekit(
                [
                    "train", "depth.yaml", "--set", "data.train=\(data)", "--set",
                    "data.val=\(data)",
                ], in: folder)
            #expect(other.status != 0)
            #expect(
                other.errors.contains(
                    "model.head DepthHead estimates depth, but data.train ADE20K"),
                "\(other.errors)")
            #expect(
                other.errors.contains("knows none: take a data set of depths, such as Ramps"),
                "\(other.errors)")
        }
    }

    @Test("What a task does not have is refused with its own word")
    func refused() throws {
        try withDepth { folder in
            let train = try runDensekit(["train", "depth.yaml"] + Self.small, in: folder)
            #expect(train.status == 0, "\(train.errors)")
            let results = try runDensekit(
                ["test", "depth.yaml", "work_dirs/depth/iter_4", "--results", "found"], in: folder)
            #expect(
                results.status != 0
                    && results.errors.contains("and the model's head estimates depth: leave it out"),
                "\(results.errors)")
            let bench = try runDensekit(
                ["bench", "infer", "depth.yaml", "--size", "64"], in: folder)
            #expect(
                bench.status != 0
                    && bench.errors.contains(
                        "bench makes no images for a head that estimates depth"),
                "\(bench.errors)")
        }
    }
}
