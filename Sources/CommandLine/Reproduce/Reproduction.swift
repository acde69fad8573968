import DenseKitCore
import Foundation

/// A row of a paper's table with what this project has for it.
struct ReproducedRow {
    var row: PaperTable.Row
    var complexity: Complexity?
    /// mIoU in percent.
    var singleScale: Double?
    var multiScale: Double?
    /// Average precisions in percent, in the order of the table's.
    var precisions: [Double?] = []
    /// Why there is no complexity.
    var problem: String?
    /// What fills a dash among the scores.
    var command: String?

    /// In millions, without what is kept for all images.
    var parameters: Double? { complexity.map { Double($0.parametersPerImage) / 1e6 } }
    var gflops: Double? { complexity.map { $0.model.total.cost.perImage / 1e9 } }
    /// With transposed convolutions at the positions of their results.
    var gflopsAtOutputs: Double? { complexity.map { $0.model.total.cost.perImageAtOutputs / 1e9 } }

    /// What is computed once for a model and is in no sum: its own definition's cost, and ours.
    var once: String? {
        guard let complexity, let part = complexity.model.onceParts.first else { return nil }
        let (parameters, cost) = part.total
        return part.path
            + String(
                format: ": %.2f M parameters, %.2f GFLOPs", Double(parameters) / 1e6,
                cost.once / 1e9)
            + String(format: "; as densekit runs it about %.2f", complexity.asRun.once / 1e9)
    }

    /// By how much the complexity differs from the paper's where rounding does not explain it, and
    /// why.
    var remark: String? {
        if let problem { return problem }
        let counted = row.count == .fvcore ? gflops : gflopsAtOutputs
        let parts = [
            difference("GFLOPs", counted, row.gflops, ""),
            difference("parameters", parameters, row.parameters, " M"),
        ]
        let differences = parts.compactMap { $0 }
        guard !differences.isEmpty else { return nil }
        return differences.joined(separator: ", ") + ": " + (row.reason ?? "not explained")
    }

    private func difference(_ name: String, _ ours: Double?, _ paper: Printed?, _ unit: String)
        -> String?
    {
        guard let ours, let paper, !paper.agrees(with: ours) else { return nil }
        let distance = String(format: "%.2f", abs(ours - paper.value))
        return "\(name) \(distance)\(unit) \(ours > paper.value ? "above" : "below") the paper's"
    }
}

/// Finds what there is for the rows of a table: configurations, finished runs, weights.
struct Reproduction {
    let registry: Registry
    /// The folder of configurations.
    let configs: String
    /// The folder of work directories.
    let workDirs: String
    /// Weights to measure, by the name of the configuration or its run.
    let weights: [String: String]

    /// Throws what measuring weights throws; a configuration that is missing or cannot be built is
    /// the row's problem.
    func rows(of table: PaperTable) throws -> [ReproducedRow] {
        var known: [String: ReproducedRow] = [:]
        return try table.rows.map { row in
            guard let config = row.config else { return ReproducedRow(row: row) }
            let key = [config, row.run ?? "", row.dataset ?? ""].joined(separator: "\n")
            var found = try known[key] ?? self.row(row, config, table)
            known[key] = found
            found.row = row  // another row may be of the same model
            return found
        }
    }

    private func row(_ row: PaperTable.Row, _ config: String, _ table: PaperTable) throws
        -> ReproducedRow
    {
        var found = ReproducedRow(row: row)
        let file = "\(configs)/\(config)"
        guard FileManager.default.fileExists(atPath: file) else {
            found.problem = "\(file) is missing"
            return found
        }
        let configuration: RowExperiment
        do {
            configuration = try RowExperiment(file, run: row.run)
        } catch {
            found.problem = "\(error)"
            return found
        }
        do {
            let model = try configuration.experiment(registry, device: .meta).model(
                .placeholders(row.classes ?? table.classes))
            found.complexity = try Complexity(of: model, size: table.size)
        } catch {
            found.problem = "\(error)"
        }
        let work = "\(workDirs)/\(configuration.folder)"
        if let weights = row.modelName.flatMap({ weights[$0] }) {
            if table.precisions.isEmpty {
                found.singleScale = try measure(
                    configuration, weights, on: row.dataset, severalScales: false
                ).primaryValue
                if row.multiScale != nil {
                    found.multiScale = try measure(
                        configuration, weights, on: row.dataset, severalScales: true
                    ).primaryValue
                }
            } else {
                found.precisions = table.precisions(
                    in: try measure(configuration, weights, on: nil, severalScales: false).json)
            }
        } else if !table.precisions.isEmpty {
            readPrecisions(of: &found, table, trainBy: configuration.trainCommand, work)
        } else if let dataset = row.dataset {
            readScores(of: &found, configuration, work, on: dataset)
        } else {
            readScores(of: &found, configuration, work)
        }
        return found
    }

    /// Scores of weights on the configuration's validation data, or another's.
    private func measure(
        _ configuration: RowExperiment, _ weights: String, on other: String?, severalScales: Bool
    ) throws -> any EvaluationReport {
        let experiment = try configuration.experiment(registry)
        let tested =
            try other.map { try Experiment("\(configs)/\($0)", registry: registry) } ?? experiment
        let dataset = try tested.validationDataset()
        let evaluator = try experiment.evaluator(
            of: weights, on: tested, dataset, augmented: severalScales
        ).evaluator
        let progress = ProgressBar()
        let report = try evaluator.evaluate { image in
            progress?.show(image.index + 1, of: dataset.count, note: image.name)
        }
        progress?.clear()
        return report
    }

    /// Scores of a finished run: what `test --out` wrote into its work directory, else its best
    /// validation.
    private func readScores(
        of found: inout ReproducedRow, _ configuration: RowExperiment, _ work: String
    ) {
        let run = RunScores(workDirectory: work, metric: "mIoU", better: .higher)
        found.singleScale = Self.mIoU("\(work)/single_scale.json") ?? run?.best.value
        found.multiScale = Self.mIoU("\(work)/multi_scale.json")
        if found.singleScale == nil {
            found.command = configuration.trainCommand
        } else if found.multiScale == nil, found.row.multiScale != nil {
            let checkpoint = run?.checkpoint ?? "WEIGHTS"
            found.command =
                "\(configuration.testCommand(checkpoint)) --tta --out \(work)/multi_scale.json"
        }
    }

    /// The score on another data set: what `test --dataset --out` wrote into the work directory
    /// under the data set's name.
    private func readScores(
        of found: inout ReproducedRow, _ configuration: RowExperiment, _ work: String,
        on dataset: String
    ) {
        let name = URL(filePath: dataset).deletingPathExtension().lastPathComponent
        found.singleScale = Self.mIoU("\(work)/\(name).json")
        guard found.singleScale == nil else { return }
        guard let run = RunScores(workDirectory: work, metric: "mIoU", better: .higher) else {
            found.command = configuration.trainCommand
            return
        }
        found.command =
            "\(configuration.testCommand(run.checkpoint ?? "WEIGHTS")) --dataset \(configs)/\(dataset) --out \(work)/\(name).json"
    }

    private static func mIoU(_ path: String) -> Double? {
        struct Scores: Decodable { let mIoU: Double }
        return FileManager.default.contents(atPath: path).flatMap {
            try? JSONDecoder().decode(Scores.self, from: $0)
        }?.mIoU
    }
}
