import DenseKitCheckpoints
import DenseKitComponents
import DenseKitEvaluation
import DenseKitFoundations
import Foundation

/// Writes a table of all validations to a CSV or JSON file.
///
///     hooks: [{ type: MetricsFile, file: metrics.csv }]
///
/// Each validation is a row: `step` (the iteration), `lr` (the largest of all parameter groups),
/// `loss` (the mean of the iterations since the row before) and the metrics under their names in
/// the log. The file is rewritten after each validation, and a resumed run continues it.
public final class MetricsFile: StatefulHook {
    /// The settings in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The file: `.csv` for a table with a header line, `.json` for a list of objects. A
        /// relative path is below the run's folder, where its log is.
        public var file = "metrics.csv"

        public init() {}
    }

    /// The rows so far, and the loss since the last of them.
    public struct State: Codable, Sendable {
        /// A validation.
        struct Row: Codable, Sendable {
            let values: [Value]
        }
        /// A column of a row.
        struct Value: Codable, Sendable {
            let name: String
            let value: Double
        }
        var rows: [Row] = []
        /// The sum of the losses since the last row, and how many they are.
        var loss = 0.0
        var count = 0
        /// The learning rate of the last iteration; nil before the first.
        var rate: Double?
    }

    /// `metrics_file.` and the name of the file.
    public let stateName: String
    /// The rows so far, which checkpoints keep.
    public var state = State()
    /// True: without validations there are no rows.
    public let needsValidation = true
    private let file: String
    private let isJSON: Bool
    private var hasFailed = false

    /// - Throws: `SettingError` for a file that is neither CSV nor JSON.
    public init(_ configuration: Configuration = Configuration()) throws {
        file = configuration.file
        let ending = URL(filePath: configuration.file).pathExtension.lowercased()
        guard ["csv", "json"].contains(ending) else {
            throw SettingError(
                key: "file",
                "file must end in .csv or .json, which says how it is written, found '\(configuration.file)'"
            )
        }
        isJSON = ending == "json"
        stateName = "metrics_file.\(configuration.file)"
    }

    /// Writes the rows of a resumed run, or none, which proves that the file can be written.
    /// - Throws: `CheckpointError` where it cannot be.
    public func beforeTraining(_ trainer: Trainer) throws { try write(for: trainer) }

    /// Counts the loss and notes the learning rate.
    public func afterIteration(_ trainer: Trainer) {
        state.rate = trainer.last.learningRates.max()
        guard let loss = trainer.last.loss, loss.isFinite else { return }
        state.loss += loss
        state.count += 1
    }

    /// Adds a row and writes the file. Where that is not possible the log says so, once, and
    /// training continues.
    public func afterEvaluation(_ trainer: Trainer, _ report: any EvaluationReport) {
        let loss = state.count > 0 ? state.loss / Double(state.count) : .nan
        let figures = [
            ("step", Double(trainer.iteration)), ("lr", state.rate ?? .nan), ("loss", loss),
        ]
        let values = figures + report.summary.map { ($0.name, $0.value) }
        state.rows.append(State.Row(values: values.map { State.Value(name: $0, value: $1) }))
        state.loss = 0
        state.count = 0
        do {
            try write(for: trainer)
            hasFailed = false
        } catch {
            if !hasFailed { trainer.logger.error("\(error)") }
            hasFailed = true
        }
    }

    private func write(for trainer: Trainer) throws {
        guard trainer.processes.isFirst else { return }
        let path = FilePaths.join(trainer.runFolder ?? "", FilePaths.expanded(file))
        try AtomicFile.write(Data((isJSON ? json : csv).utf8), to: path)
    }

    /// The names of all rows, in the order in which they appear.
    private var columns: [String] {
        state.rows.flatMap(\.values).reduce(into: []) {
            if !$0.contains($1.name) { $0.append($1.name) }
        }
    }

    /// A header and a line for each row; what a row does not have is empty.
    private var csv: String {
        guard !state.rows.isEmpty else { return "" }
        let columns = columns
        let lines = state.rows.map { row in
            columns.map { name in row.values.first { $0.name == name }.map(Self.text) ?? "" }
        }
        return ([columns.map(Self.quoted)] + lines).map { $0.joined(separator: ",") + "\n" }
            .joined()
    }

    /// A list of objects, one a line; a value that is not finite is null.
    private var json: String {
        let objects = state.rows.map { Scalars.line($0.values.map { ($0.name, $0.value) }) }
        return "[\n" + objects.joined(separator: ",\n") + (objects.isEmpty ? "]\n" : "\n]\n")
    }

    /// A whole number without decimals; nothing for a value that is not finite.
    private static func text(_ value: State.Value) -> String {
        guard value.value.isFinite else { return "" }
        return value.name == "step" ? "\(Int(value.value))" : "\(value.value)"
    }

    private static func quoted(_ name: String) -> String {
        name.contains { ",\"\n\r".contains($0) }
            ? "\"" + name.replacing("\"", with: "\"\"") + "\"" : name
    }
}
