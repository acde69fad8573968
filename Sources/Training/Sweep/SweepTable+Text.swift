import DenseKitCheckpoints
import DenseKitConfiguration
import DenseKitData
import DenseKitErrors
import DenseKitEvaluation
import DenseKitExperiments
import Foundation

extension SweepTable {
    /// The metric that all runs share goes into the heads; else it stands in every cell.
    private var metric: String? {
        let all = Set(rows.compactMap(\.metric))
        return all.count == 1 ? all.first : nil
    }

    private var configs: Bool { Set(rows.map(\.run.config)).count > 1 }

    private var heads: [String] {
        let names = shortNames(columns)
        let scores = ["best", "final"].map {
            [$0, metric].compactMap { $0 }.joined(separator: " ")
        }
        return ["run"] + (configs ? ["config"] : []) + columns.map { names[$0] ?? $0 } + scores + [
            "iterations", "time", "state",
        ]
    }

    private func cells(_ row: SweepRow) -> [String] {
        let unit = metric == nil ? row.metric.map { "\($0) " } ?? "" : ""
        let scores = [row.scores?.best.value, row.scores?.last.value].map {
            $0.map { unit + Self.two($0) } ?? "-"
        }
        let config = row.run.bases.map {
            URL(filePath: $0).deletingPathExtension().lastPathComponent
        }.joined(separator: " + ")
        return [row.run.name] + (configs ? [config] : [])
            + columns.map { row.run.value(at: $0)?.cell ?? "-" } + scores
            + [iterations(row), row.progress?.seconds.map(clockText) ?? "-", state(row)]
    }

    private func iterations(_ row: SweepRow) -> String {
        let total = row.iterations.map(String.init) ?? "?"
        return row.state == .finished ? total : "\(row.progress?.iteration ?? 0)/\(total)"
    }

    private func state(_ row: SweepRow) -> String {
        row.state.word
            + (failures.firstIndex { $0.name == row.run.name }.map { " [\($0 + 1)]" } ?? "")
    }

    private var failures: [(name: String, reason: String)] {
        rows.compactMap { row in
            if case .failed(let reason) = row.state { (row.run.name, reason) } else { nil }
        }
    }

    private var notes: [String] {
        failures.map { "\($0.name): \($0.reason.split(separator: "\n").joined(separator: " "))" }
    }

    private var title: String {
        let finished = rows.count { $0.state == .finished }
        return "\(sweep.name): \(rows.count) run\(rows.count == 1 ? "" : "s"), \(finished) finished"
    }

    private var seedRows: [[String]] {
        guard !seeds.isEmpty else { return [] }
        let heads =
            ["over seeds", "seeds"]
            + ["best", "final"].map { [$0, metric].compactMap { $0 }.joined(separator: " ") }
        return [heads]
            + seeds.map { seeds in
                let done = seeds.finished.count
                let all = seeds.rows.count
                return [seeds.name, done == all ? "\(all)" : "\(done) of \(all)"]
                    + [seeds.best, seeds.last].map { Self.text($0) }
            }
    }

    private static func two(_ value: Double) -> String { String(format: "%.2f", value) }

    private static func text(_ spread: Spread?) -> String {
        guard let spread else { return "-" }
        return two(spread.mean) + (spread.deviation.map { " ± \(two($0))" } ?? "")
    }

    private static let legend = "± is the sample standard deviation over seeds of finished runs."

    /// The table with aligned columns: a line for each run, the means over seeds, and why runs
    /// failed.
    public var text: String {
        var parts = [[title], TextTable.aligned([heads] + rows.map(cells))]
        if !seedRows.isEmpty { parts += [TextTable.aligned(seedRows), [Self.legend]] }
        if !notes.isEmpty { parts.append(notes.enumerated().map { "[\($0 + 1)] \($1)" }) }
        return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    /// The table as Markdown.
    public var markdown: String {
        func grid(_ rows: [[String]]) -> [String] {
            let line = rows[0].indices.map { $0 == 0 ? "---" : "---:" }
            return ([rows[0], line] + rows.dropFirst()).map(TextTable.markdown)
        }
        var lines = ["### \(title)", ""] + grid([heads] + rows.map(cells))
        if !seedRows.isEmpty { lines += [""] + grid(seedRows) + ["", Self.legend] }
        if !notes.isEmpty { lines += [""] + notes.enumerated().map { "\($0 + 1). \($1)" } }
        return lines.joined(separator: "\n")
    }

    /// The table as a JSON object: the runs with their settings, states and scores, and the means
    /// over seeds.
    public var json: Data {
        get throws {
            try JSONEncoder.forReports.encode(
                Content(
                    sweep: sweep.file,
                    runs: rows.map { row in
                        Content.Run(
                            name: row.run.name, folder: row.run.folder, config: row.run.config,
                            set: values(row.run.assignments),
                            state: row.state.word,
                            failure: failures.first { $0.name == row.run.name }?.reason,
                            metric: row.metric,
                            best: row.scores.map { .init($0.best) },
                            final: row.scores.map { .init($0.last) },
                            iteration: row.progress?.iteration ?? 0, iterations: row.iterations,
                            seconds: row.progress?.seconds)
                    },
                    seeds: seeds.map {
                        Content.Seeds(
                            name: $0.name, runs: $0.rows.map(\.run.name),
                            finished: $0.finished.count, best: $0.best,
                            final: $0.last)
                    }))
        }
    }

    private func values(_ assignments: YAMLNode.Mapping) -> [String: YAMLNode] {
        Dictionary(assignments.entries.map { ($0.key, $0.value) }) { $1 }
    }

    /// Writes `table.md` and `table.json` to the sweep's folder.
    ///
    /// - Throws: `DataError` or `CheckpointError` where the folder cannot be written.
    public func write() throws {
        let folder = sweep.folder
        try FileSystem.makeFolder(folder, remedy: "choose another with \(Term.workDirectory)")
        try AtomicFile.write(Data((markdown + "\n").utf8), to: folder + "/table.md")
        let json = try json
        try AtomicFile.write(json, to: folder + "/table.json")
    }

    private struct Content: Encodable {
        struct Score: Encodable {
            let value: Double
            let iteration: Int

            init(_ score: RunScores.Score) {
                value = score.value
                iteration = score.iteration
            }
        }
        struct Run: Encodable {
            let name: String
            let folder: String
            let config: String
            /// By their paths.
            let set: [String: YAMLNode]
            let state: String
            let failure: String?
            let metric: String?
            let best: Score?
            let final: Score?
            let iteration: Int
            let iterations: Int?
            let seconds: Double?
        }
        struct Seeds: Encodable {
            let name: String
            let runs: [String]
            let finished: Int
            let best: Spread?
            let final: Spread?
        }

        let sweep: String
        let runs: [Run]
        let seeds: [Seeds]
    }
}
