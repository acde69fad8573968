import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitCommandLine

private let shipped = ShippedExperiment.all
private let configs = ShippedExperiment.path("configs")

@Suite("Shipped configurations", .serialized)
struct ShippedConfigurationTests {
    @Test("There are some, and no two share a name")
    func count() {
        #expect(shipped.count >= 114 && Set(shipped.map(\.id)).count == shipped.count)
        #expect(shipped.count { $0.run != nil } >= 102)
    }

    @Test(
        "Opens with what it reproduces, the expected number, the cost and the command",
        arguments: ShippedExperiment.sources)
    func header(file: String) throws {
        let comment = try ShippedExperiment.header(file)
        let measure = file.contains("_1x_coco") ? "box AP" : "mIoU"
        let runs = shipped.contains { $0.file == file && $0.run != nil }
        let commands =
            runs
            ? ["densekit train \(file) --run NAME ", "densekit test \(file) WEIGHTS --run NAME"]
            : ["densekit train \(file) ", "densekit test \(file) "]
        for part in ["Reproduces:", measure, "Cost:", "Weights:"] + commands {
            #expect(comment.contains(part), "\(file) has no '\(part)' in its first comment")
        }
    }

    @Test("The comment above a run says the score that its table prints")
    func scores() throws {
        let tables = try PaperTable.names(in: configs).map { try PaperTable($0, in: configs) }
        for row in tables.flatMap(\.rows) where row.dataset == nil {
            guard let run = row.run, let config = row.config, let score = row.singleScale?.text
            else { continue }
            let comment = try ShippedExperiment(file: "configs/\(config)", run: run).comment()
            #expect(comment.contains("mIoU \(score)."), "\(run): \(comment)")
        }
    }

    @Test("Its classes are known where its data is not", arguments: shipped)
    func classes(_ configuration: ShippedExperiment) throws {
        let experiment = try configuration.experiment(
            overrides: ["train", "val"].map { "data.\($0).root=/nowhere" })
        let classes = try experiment.classes(of: "train")
        #expect([19, 21, 59, 60, 80, 150, 171, 847].contains(classes.count), "\(classes.count)")
        #expect(try experiment.classes(of: "val") == classes)
        #expect(throws: BuildError.self) { try experiment.trainDataset() }
    }

    @Test("Says nothing that has no effect", arguments: shipped)
    func idleKeys(_ configuration: ShippedExperiment) throws {
        let experiment = try configuration.experiment()
        #expect(
            try experiment.registry.idleKeys(in: YAMLNode(encoding: experiment.configuration)) == []
        )
    }

    @Test(
        "A sweep of a paper's table: its header, and a run for each row, which is the row's configuration",
        arguments: ShippedExperiment.tables)
    func sweep(file: String) throws {
        let comment = try ShippedExperiment.header(file)
        for part in [
            "Reproduces:", "mIoU", "Cost:", "Weights:", "densekit sweep \(file) ",
            "densekit test \(file) WEIGHTS --run ",
        ] {
            #expect(comment.contains(part), "\(file) has no '\(part)' in its first comment")
        }
        let sweep = try ShippedExperiment.sweep(file)
        let table = try PaperTable(sweep.name.replacing("_", with: "-"), in: configs)
        #expect(sweep.runs.count == table.rows.count)
        for (run, row) in zip(sweep.runs, table.rows) {
            let configuration = ShippedExperiment(
                file: "configs/\(try #require(row.config))", run: row.run)
            #expect(try run.node.without("work_dir") == configuration.node(), "\(run.name)")
            let experiment = try run.experiment()
            try experiment.checkRecipe()
            _ = try experiment.model(.placeholders(table.classes))
        }
    }
}
