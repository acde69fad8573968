import DenseKitComponents
import DenseKitDistributed
import DenseKitErrors
import DenseKitEvaluation
import DenseKitVision
import Foundation

/// A paper's table with this project's numbers beside the paper's; as values, and as text, Markdown
/// and JSON.
///
///     let table = try PaperTable("table1", in: "configs")
///     let reproduction = try Reproduction(of: table, in: "configs", registry: registry)
///     print(reproduction.text)
public struct Reproduction: Sendable {
    /// The table as the paper prints it.
    public let table: PaperTable
    /// A row for each of the table's rows.
    public var rows: [ReproducedRow]

    /// Counts parameters and multiply-adds of every row's model from shapes, and reads its scores
    /// from work directories, or measures weights. A configuration that is missing or cannot be
    /// built is the row's `problem`.
    ///
    /// - Parameters:
    ///   - table: the table
    ///   - configs: the folder of configurations
    ///   - workDirectories: the folder of work directories, each with the name of its
    ///     configuration, those of a sweep's runs in a folder with the sweep's name. Scores are
    ///     those of `single_scale.json` and `multi_scale.json` there (`EvaluationReport.json`),
    ///     else the best validation
    ///   - weights: paths of weights to measure on the configuration's data, by the rows'
    ///     `modelName`
    ///   - registry: the components that the configurations may name
    /// - Throws: `ArgumentError` for weights of a name that no row has, and what measuring weights
    ///   throws.
    public init(
        of table: PaperTable, in configs: String, workDirectories: String = "work_dirs",
        weights: [String: String] = [:], registry: Registry
    ) throws {
        for name in weights.keys.sorted() { try table.requireModel(named: name) }
        let numbers = RowNumbers(
            registry: registry, configs: configs, workDirectories: workDirectories, weights: weights
        )
        var known: [String: ReproducedRow] = [:]
        rows = try table.rows.map { row in
            guard let config = row.config else { return ReproducedRow(row) }
            let key = [config, row.run ?? "", row.dataset ?? ""].joined(separator: "\n")
            let found = try known[key] ?? numbers.row(row, config, table)
            known[key] = found
            return found.with(row)  // another row may be of the same model
        }
        self.table = table
    }
}

/// Finds the numbers of single rows: by their configurations, finished runs and weights.
private struct RowNumbers {
    let registry: Registry
    /// The folder of configurations.
    let configs: String
    /// The folder of work directories.
    let workDirectories: String
    /// Weights to measure, by the name of the configuration or its run.
    let weights: [String: String]

    func row(_ row: PaperTable.Row, _ config: String, _ table: PaperTable) throws -> ReproducedRow {
        var found = ReproducedRow(row)
        let file = "\(configs)/\(config)"
        guard FileManager.default.fileExists(atPath: file) else {
            found.problem = "\(file) is missing"
            return found
        }
        do {
            if let name = row.run {
                let sweep = try Sweep(file, registry: registry)
                found.run = try sweep.run(named: name)
            }
        } catch {
            found.problem = "\(error)"
            return found
        }
        found.file = file
        do {
            let classes = ClassList.placeholders(row.classes ?? table.classes)
            let model = try experiment(file, found.run, on: .meta).model(classes)
            found.complexity = try Complexity(of: model, size: table.size)
        } catch {
            found.problem = "\(error)"
        }
        let name = URL(filePath: file).deletingPathExtension().lastPathComponent
        let folder = found.run.map { "\(name)/\($0.slug)" } ?? name
        let work = "\(workDirectories)/\(folder)"
        if let weights = row.modelName.flatMap({ weights[$0] }) {
            try measure(weights, file, table, &found)
        } else if !table.precisions.isEmpty {
            let scores = FileManager.default.contents(atPath: "\(work)/single_scale.json")
            found.precisions = table.precisions(in: scores)
            if found.precisions.allSatisfy({ $0 == nil }) { found.missing = .training }
        } else if let dataset = row.dataset {
            readScores(of: &found, work, on: dataset)
        } else {
            readScores(of: &found, work)
        }
        return found
    }

    private func experiment(_ file: String, _ run: SweepRun?, on device: Device) throws
        -> Experiment
    {
        try run?.experiment(on: device) ?? Experiment(file, registry: registry, device: device)
    }

    /// Measures weights as the table's scores ask for it.
    private func measure(
        _ weights: String, _ file: String, _ table: PaperTable, _ found: inout ReproducedRow
    ) throws {
        let experiment = try experiment(file, found.run, on: .cpu)
        guard table.precisions.isEmpty else {
            let report = try measure(experiment, weights, on: nil, severalScales: false)
            found.precisions = try table.precisions(in: report.json)
            return
        }
        let dataset = found.row.dataset
        let single = try measure(experiment, weights, on: dataset, severalScales: false)
        found.singleScale = single.primaryValue
        guard found.row.multiScale != nil else { return }
        let several = try measure(experiment, weights, on: dataset, severalScales: true)
        found.multiScale = several.primaryValue
    }

    /// Scores of weights on the configuration's validation data, or another's.
    private func measure(
        _ experiment: Experiment, _ weights: String, on other: String?, severalScales: Bool
    ) throws -> any EvaluationReport {
        let tested =
            try other.map { try Experiment("\(configs)/\($0)", registry: registry) } ?? experiment
        let dataset = try tested.validationDataset()
        let evaluator = try experiment.evaluator(
            of: weights, on: tested, dataset, augmented: severalScales
        ).evaluator
        let progress = Processes.current.isFirst ? ProgressBar() : nil
        defer { progress?.clear() }
        return try evaluator.evaluate { image in
            progress?.show(image.index + 1, of: dataset.count, note: image.name)
        }
    }

    /// Scores of a finished run: the reports in its work directory, else its best validation.
    private func readScores(of found: inout ReproducedRow, _ work: String) {
        let run = RunScores(workDirectory: work, metric: "mIoU", better: .higher)
        found.singleScale = Self.mIoU("\(work)/single_scale.json") ?? run?.best.value
        found.multiScale = Self.mIoU("\(work)/multi_scale.json")
        if found.singleScale == nil {
            found.missing = .training
        } else if found.multiScale == nil, found.row.multiScale != nil {
            found.missing = .evaluation(
                checkpoint: run?.checkpoint, dataset: nil, augmented: true,
                file: "\(work)/multi_scale.json")
        }
    }

    /// The score on another data set: the report in the work directory under the data set's name.
    private func readScores(of found: inout ReproducedRow, _ work: String, on dataset: String) {
        let name = URL(filePath: dataset).deletingPathExtension().lastPathComponent
        found.singleScale = Self.mIoU("\(work)/\(name).json")
        guard found.singleScale == nil else { return }
        guard let run = RunScores(workDirectory: work, metric: "mIoU", better: .higher) else {
            found.missing = .training
            return
        }
        found.missing = .evaluation(
            checkpoint: run.checkpoint, dataset: "\(configs)/\(dataset)", augmented: false,
            file: "\(work)/\(name).json")
    }

    private static func mIoU(_ path: String) -> Double? {
        struct Scores: Decodable { let mIoU: Double }
        return FileManager.default.contents(atPath: path).flatMap {
            try? JSONDecoder().decode(Scores.self, from: $0)
        }?.mIoU
    }
}
