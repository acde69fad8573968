import DenseKitCore

/// The runs of a sweep with their scores, and the means of those that differ by their seed alone.
struct SweepTable {
    let sweep: Sweep
    let rows: [SweepRow]
    /// The paths of the settings in which runs differ.
    let columns: [String]
    let seeds: [Seeds]

    /// Runs of one experiment with several seeds.
    struct Seeds {
        let name: String
        let rows: [SweepRow]

        var finished: [SweepRow] { rows.filter { $0.state == .finished } }
        var best: Spread? { Spread(finished.compactMap { $0.scores?.best.value }) }
        var last: Spread? { Spread(finished.compactMap { $0.scores?.last.value }) }
    }

    /// A mean with the sample standard deviation of what it is taken of.
    struct Spread: Encodable, Equatable {
        let mean: Double
        /// nil for a single value.
        let deviation: Double?

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
    init(_ sweep: Sweep, _ registry: Registry) throws {
        self.sweep = sweep
        rows = try sweep.runs.map { try SweepRow($0, registry) }
        let paths = sweep.runs.flatMap {
            $0.assignments.entries.flatMap { $0.value.settings(at: $0.key) }
        }
        .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let differing = paths.filter { path in
            sweep.runs.contains { $0.value(at: path) != sweep.runs[0].value(at: path) }
        }
        // What every run says is the grid: its columns come last, as in names.
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

extension SweepRun {
    /// The setting that a path leads to; nil where the configuration leaves it at its default.
    func value(at path: String) -> YAMLNode? {
        path.split(separator: ".").reduce(node) { node, key in
            node.flatMap { $0[String(key)] ?? Int(key).flatMap { index in node?[index] } }
        }
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
