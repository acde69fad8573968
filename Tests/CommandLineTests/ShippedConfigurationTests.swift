import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitCommandLine

/// The configurations that train something: all but the parts in `configs/_base_` and the papers' tables.
private let all: [String] = {
    let folder = packageFolder.appending(path: "configs").path
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("_base_/") && !$0.hasPrefix("tables/") }.map { "configs/\($0)" }
        .sorted()
}()

private let shipped = all.filter { !$0.hasPrefix("configs/sweeps/") }
private let sweeps = all.filter { $0.hasPrefix("configs/sweeps/") }

private func firstComment(_ file: String) throws -> String {
    let text = try String(contentsOf: packageFolder.appending(path: file), encoding: .utf8)
    return text.split(separator: "\n").prefix { $0.hasPrefix("#") }.joined(separator: "\n")
}

@Suite("Shipped configurations", .serialized)
struct ShippedConfigurationTests {
    @Test("There are some")
    func count() { #expect(shipped.count >= 26) }

    @Test("Opens with what it reproduces, the expected number, the cost and the command", arguments: shipped)
    func header(file: String) throws {
        let comment = try firstComment(file)
        let measure = file.contains("_1x_coco") ? "box AP" : "mIoU"
        for part in ["Reproduces:", measure, "Cost:", "Weights:", "densekit train \(file) ", "densekit test \(file) "] {
            #expect(comment.contains(part), "\(file) has no '\(part)' in its first comment")
        }
    }

    @Test("Its classes are known where its data is not", arguments: shipped)
    func classes(file: String) throws {
        let nowhere = ["train", "val"].map { "data.\($0).root=/nowhere" }
        let experiment = try Experiment(
            packageFolder.appending(path: file).path, overrides: nowhere, registry: try Registry(BuiltIn.plugins), device: .meta)
        let classes = try experiment.classes(of: "train")
        #expect([19, 21, 59, 60, 80, 150, 171, 847].contains(classes.count), "\(classes.count)")
        #expect(try experiment.classes(of: "val") == classes)
        #expect(throws: BuildError.self) { try experiment.trainDataset() }
    }

    @Test("show, with and without its counts, and components need no data")
    func withoutData() throws {
        try withTemporaryFolder { folder in
            let config = packageFolder.appending(path: "configs/denseclip/denseclip_fpn_r50_ade20k_80k_512x512.yaml").path
            let data = ["DENSEKIT_DATA": folder.appending(path: "none").path]
            func run(_ arguments: String...) throws -> ProcessResult { try runDensekit(arguments, in: folder, environment: data) }
            let show = try run("show", config)
            #expect(show.status == 0 && show.output.hasSuffix(", 150 classes\n"), "\(show.errors)")
            let flops = try run("show", config, "--flops")
            #expect(flops.status == 0 && flops.output.contains(", 150 classes: "), "\(flops.errors)")
            let components = try run("components", "FPN", "--config", config)
            #expect(components.status == 0 && components.output.contains("FPN  (plugin FPN)"), "\(components.errors)")
        }
    }

    @Test("Says nothing that has no effect", arguments: shipped)
    func idleKeys(file: String) throws {
        let experiment = try Experiment(packageFolder.appending(path: file).path, registry: try Registry(BuiltIn.plugins))
        #expect(try experiment.registry.idleKeys(in: YAMLNode(encoding: experiment.configuration)) == [])
    }

    @Test("A sweep of a paper's table: its header, and a run for each row, which is the row's configuration", arguments: sweeps)
    func sweep(file: String) throws {
        let comment = try firstComment(file)
        for part in [
            "Reproduces:", "mIoU", "Cost:", "Weights:", "densekit sweep \(file) ", "densekit test \(file) WEIGHTS --run ",
        ] {
            #expect(comment.contains(part), "\(file) has no '\(part)' in its first comment")
        }
        let sweep = try Sweep(packageFolder.appending(path: file).path)
        let configs = packageFolder.appending(path: "configs").path
        let table = try PaperTable(sweep.name.replacing("_", with: "-"), in: configs)
        #expect(sweep.runs.count == table.rows.count)
        for (run, row) in zip(sweep.runs, table.rows) {
            let config = packageFolder.appending(path: "configs/\(try #require(row.config))").path
            #expect(try run.node.without("work_dir") == YAMLNode.load(path: config), "\(run.name)")
            let experiment = try run.experiment(try Registry(BuiltIn.plugins), device: .meta)
            try experiment.checkRecipe()
            _ = try experiment.model(.placeholders(table.classes))
        }
    }
}
