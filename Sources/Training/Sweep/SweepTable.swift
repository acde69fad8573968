import DenseKitConfiguration

/// The runs of a sweep with their scores, and the means of those that differ by their seed alone;
/// as values, and as text, Markdown and JSON.
public struct SweepTable: Sendable {
    /// The sweep.
    public let sweep: Sweep
    /// A row for each run, in the order of the sweep.
    public let rows: [SweepRow]
    /// The paths of the settings in which runs differ, such as `train.batch`.
    public let columns: [String]
    /// The runs by what they are without their seed; empty where no two differ by it alone.
    public let seeds: [Seeds]

    /// Runs of one experiment with several seeds.
    public struct Seeds: Sendable {
        /// What the names of the runs have in common.
        public let name: String
        /// The runs.
        public let rows: [SweepRow]

        /// The finished runs; the means are taken over these.
        public var finished: [SweepRow] { rows.filter { $0.state == .finished } }
        /// The best validation of each finished run; nil where none is finished.
        public var best: Spread? { Spread(finished.compactMap { $0.scores?.best.value }) }
        /// The last validation of each finished run; nil where none is finished.
        public var last: Spread? { Spread(finished.compactMap { $0.scores?.last.value }) }
    }

    /// The mean of values, and how far they spread.
    public struct Spread: Sendable, Encodable, Equatable {
        /// The arithmetic mean.
        public let mean: Double
        /// The sample standard deviation; nil for a single value.
        public let deviation: Double?

        /// nil for no values.
        init?(_ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            self.mean = mean
            deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
        }
    }

    /// Reads the work directories of `sweep`.
    ///
    /// - Throws: what is wrong with a run's configuration.
    init(_ sweep: Sweep) throws {
        self.sweep = sweep
        rows = try sweep.runs.map { try SweepRow($0) }
        let paths = sweep.runs.flatMap {
            $0.assignments.entries.flatMap { $0.value.settings(at: $0.key) }
        }
        .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let differing = paths.filter { path in
            sweep.runs.contains { $0.value(at: path) != sweep.runs[0].value(at: path) }
        }
        // Values of every run come from the grid: its columns are last, as in names.
        func isOfAll(_ path: String) -> Bool {
            sweep.runs.allSatisfy { $0.assignments[path] != nil }
        }
        columns = differing.filter { !isOfAll($0) } + differing.filter(isOfAll)
        seeds = Self.groups(rows)
    }

    /// Rows by what they are without their seed, where a seed is all in which several differ.
    private static func groups(_ rows: [SweepRow]) -> [Seeds] {
        var groups: [(node: YAMLNode, rows: [SweepRow])] = []
        for row in rows {
            let node = row.run.node.withoutSeed
            if let index = groups.firstIndex(where: { $0.node == node }) {
                groups[index].rows.append(row)
            } else {
                groups.append((node, [row]))
            }
        }
        return groups.contains { $0.rows.count > 1 }
            ? groups.map { Seeds(name: name(of: $0.rows.map(\.run)), rows: $0.rows) } : []
    }

    /// What the names of runs begin with alike, up to a comma: `gamma 0.5` of `gamma 0.5, seed 0`
    /// and `gamma 0.5, seed 1`.
    private static func name(of runs: [SweepRun]) -> String {
        let parts = runs.map { $0.name.split(separator: ", ", omittingEmptySubsequences: false) }
        let common = parts[0].indices.prefix { index in
            parts.allSatisfy { $0.indices.contains(index) && $0[index] == parts[0][index] }
        }
        return common.isEmpty ? runs[0].name : parts[0][..<common.endIndex].joined(separator: ", ")
    }
}

extension YAMLNode {
    /// The paths of what is set at `path`: of each value in a mapping, but of a component as a
    /// whole.
    fileprivate func settings(at path: String) -> [String] {
        guard let mapping, mapping.count > 0, mapping["type"] == nil else { return [path] }
        return mapping.entries.flatMap { $0.value.settings(at: "\(path).\($0.key)") }
    }
}
