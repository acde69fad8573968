import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitTraining

/// What a run leaves in its work directory.
private func write(_ run: SweepRun, scores: [Double], iteration: Int, in folder: URL) throws {
    let work = folder.appending(path: run.slug)
    let log = work.appending(path: "20260101_000000/vis_data")
    let checkpoint = work.appending(path: "iter_\(iteration)")
    for path in [log, checkpoint] {
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
    }
    let lines = scores.enumerated().map { "{\"mIoU\":\($1),\"step\":\(10 * ($0 + 1))}\n" }.joined()
    try Data(lines.utf8).write(to: log.appending(path: "scalars.json"))
    let state = RunState(
        iteration: iteration,
        best: BestScore(metric: "mIoU", value: scores.max() ?? 0, iteration: 10),
        badLosses: BadLosses(),
        run: "20260101_000000", serial: 1, generator: Data(), sizes: [:],
        hooks: ["evaluation": "{\"evaluated\":\(10 * scores.count)}", "log": "{\"elapsed\":3909}"])
    try state.encoded().write(to: checkpoint.appending(path: "state.json"))
}

@Suite("Tables of sweeps") struct SweepTableTests {
    private let yaml = """
        data: { val: ADE20K }
        train: { iterations: 20, batch: 8 }
        model: { neck: { type: FPN, channels: 8 } }
        sweep:
          runs:
            - { name: plain, set: { train: { clip_norm: 1 } } }
            - { name: wide, set: { model.neck.channels: 16, train: { clip_norm: 1 } } }
            - { name: other, set: { model.neck: { type: Pyramid, levels: [1, 2] } } }
          grid: { train.seed: [0, 1, 2] }
        """

    private func report(_ body: (Sweep, URL) throws -> Void) throws -> SweepTable {
        try withTemporaryFolder { folder in
            let file = folder + "/s.yaml"
            try Data(yaml.utf8).write(to: URL(filePath: file))
            let registry = try Registry(BuiltIn.plugins)
            let sweep = try Sweep(file, workDirectory: folder, registry: registry)
            try body(sweep, URL(filePath: folder))
            return try sweep.table()
        }
    }

    private func filled() throws -> SweepTable {
        try report { sweep, folder in
            for (run, last) in zip(sweep.runs, [40.0, 41, 42]) {
                try write(run, scores: [43, last], iteration: 20, in: folder)
            }
            try write(sweep.runs[3], scores: [50.5, 50.25], iteration: 20, in: folder)
            try write(sweep.runs[4], scores: [20], iteration: 15, in: folder)
            // not validated at its end
            try write(sweep.runs[5], scores: [20], iteration: 20, in: folder)
            try write(sweep.runs[6], scores: [], iteration: 5, in: folder)
            try SweepRun.write(
                failure: "x.jpg: the JPEG data\nis truncated", in: sweep.runs[6].folder)
        }
    }

    @Test(
        "A row a run, with the settings in which they differ; means over seeds of what is finished; reasons of failures"
    )
    func text() throws {
        #expect(
            try filled().text == """
                s: 9 runs, 4 finished

                run            clip_norm  channels     neck  seed  best mIoU  final mIoU  iterations     time       state
                plain, seed 0          1         8      FPN     0      43.00       40.00          20  1:05:09    finished
                plain, seed 1          1         8      FPN     1      43.00       41.00          20  1:05:09    finished
                plain, seed 2          1         8      FPN     2      43.00       42.00          20  1:05:09    finished
                wide, seed 0           1        16      FPN     0      50.50       50.25          20  1:05:09    finished
                wide, seed 1           1        16      FPN     1      20.00       20.00       15/20  1:05:09     stopped
                wide, seed 2           1        16      FPN     2      20.00       20.00       20/20  1:05:09     stopped
                other, seed 0          -         -  Pyramid     0          -           -        5/20  1:05:09  failed [1]
                other, seed 1          -         -  Pyramid     1          -           -        0/20        -     waiting
                other, seed 2          -         -  Pyramid     2          -           -        0/20        -     waiting

                over seeds   seeds     best mIoU    final mIoU
                plain            3  43.00 ± 0.00  41.00 ± 1.00
                wide        1 of 3         50.50         50.25
                other       0 of 3             -             -

                ± is the sample standard deviation over seeds of finished runs.

                [1] other, seed 0: x.jpg: the JPEG data is truncated
                """)
    }

    @Test("As Markdown and as JSON")
    func forms() throws {
        let report = try filled()
        let lines = report.markdown.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines[0] == "### s: 9 runs, 4 finished"
                && lines.contains("| plain | 3 | 43.00 ± 0.00 | 41.00 ± 1.00 |"))
        #expect(
            lines.contains(
                "| run | clip_norm | channels | neck | seed | best mIoU | final mIoU | iterations | time | state |"
            ))
        #expect(lines.last == "1. other, seed 0: x.jpg: the JPEG data is truncated")
        struct Table: Decodable {
            struct Score: Decodable, Equatable {
                let value: Double
                let iteration: Int
            }
            struct Run: Decodable {
                let name: String
                let state: String
                let failure: String?
                let best: Score?
                let final: Score?
                let iteration: Int
                let seconds: Double?
            }
            struct Spread: Decodable {
                let mean: Double
                let deviation: Double?
            }
            struct Seeds: Decodable {
                let runs: [String]
                let finished: Int
                let final: Spread?
            }
            let runs: [Run]
            let seeds: [Seeds]
        }
        let table = try JSONDecoder().decode(Table.self, from: report.json)
        #expect(
            table.runs[0].best == .init(value: 43, iteration: 10)
                && table.runs[0].final == .init(value: 40, iteration: 20))
        #expect(
            table.runs[6].state == "failed"
                && table.runs[6].failure == "x.jpg: the JPEG data\nis truncated"
                && table.runs[6].iteration == 5)
        #expect(table.runs[0].seconds == 3909 && table.runs[7].best == nil)
        #expect(
            table.seeds.map(\.finished) == [3, 1, 0] && table.seeds[0].final?.deviation == 1
                && table.seeds[1].final?.deviation == nil)
        let text = String(decoding: try report.json, as: UTF8.self)
        #expect(
            text.contains(#""model.neck" : {"#) && text.contains(#""train.seed" : 2"#), "\(text)")
    }

    @Test(
        "A folder that holds a run with other settings is refused; where nothing was learnt yet, or only the loader differs, it is not"
    )
    func changes() throws {
        try withTemporaryFolder { folder in
            let file = folder + "/s.yaml"
            try Data(yaml.utf8).write(to: URL(filePath: file))
            let registry = try Registry(BuiltIn.plugins)
            func run(_ overrides: String...) throws -> SweepRun {
                let sweep = try Sweep(
                    file, overrides: overrides, workDirectory: folder, registry: registry)
                return try sweep.run(named: "wide, seed 1")
            }
            let trained = try run()
            try FileManager.default.createDirectory(
                atPath: trained.folder, withIntermediateDirectories: true)
            try Data(trained.node.yaml(origins: true).utf8).write(to: URL(filePath: trained.record))
            #expect(try run("train.batch=4").changes().isEmpty)
            try write(trained, scores: [20], iteration: 10, in: URL(filePath: folder))
            #expect(try trained.changes().isEmpty && run("data.workers=8").changes().isEmpty)
            #expect(
                try run("train.batch=4", "model.head=FCN").changes() == [
                    "train.batch is 8 there and 4 here", "model.head is not set there and FCN here",
                ])
        }
    }
}
