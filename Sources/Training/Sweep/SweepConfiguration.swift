import DenseKitConfiguration
import Foundation

/// The `sweep:` part of a configuration: runs that differ from it by some values.
struct SweepConfiguration: YAMLConfiguration {
    /// Settings of every run, which its own override: `a.b.0.c: value`.
    var set = YAMLNode(.mapping(YAMLNode.Mapping()))
    /// One run with the file's own values, where none is listed.
    var runs: [Entry] = []
    /// Lists of values by path. Every run is run with every combination.
    var grid = YAMLNode(.mapping(YAMLNode.Mapping()))

    /// A line of the table.
    struct Entry: Codable, Sendable {
        let name: LocatedValue<String>
        /// What it starts from, in place of the file's own configuration.
        let config: Bases?
        let set: YAMLNode?
    }

    /// A configuration, or several that are laid over one another in order, as those of `_base_`
    /// are.
    struct Bases: Codable, Sendable {
        let files: [LocatedValue<String>]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let node = try container.decode(YAMLNode.self)
            guard let list = node.sequence else {
                files = [try container.decode(LocatedValue<String>.self)]
                return
            }
            guard !list.isEmpty else {
                throw ConfigurationError(
                    at: node.location,
                    "config takes a file or a list of files, found an empty list",
                    hint: "remove it: a run without config starts from the file's own configuration"
                )
            }
            files = try container.decode([LocatedValue<String>].self)
        }

        func encode(to encoder: any Encoder) throws { try files.encode(to: encoder) }
    }

    /// What is left of the part once every mistake in it is taken out; `collector` takes them.
    init(_ entry: YAMLNode.Mapping.Entry, _ collector: ErrorCollector) throws {
        struct File: YAMLConfiguration { var sweep = SweepConfiguration() }
        var mapping = YAMLNode.Mapping()
        mapping.set(entry.key, to: entry.value, keyLocation: entry.keyLocation)
        var file = YAMLNode(.mapping(mapping), at: entry.value.location)
        while true {
            do {
                self = try file.decode(File.self).sweep
                return
            } catch let error as ConfigurationError {
                try collector.report(error)
                guard let left = file.pruned(without: error) else {
                    self.init()
                    return
                }
                file = left.node
            }
        }
    }

    init() {}
}

/// A combination of the values of a grid.
struct GridPoint {
    var assignments = YAMLNode.Mapping()
    /// `seed 0` for each of its values.
    var labels: [String] = []
}

extension SweepConfiguration {
    /// More runs than anybody trains; a slip in a grid makes them.
    static let maximumRuns = 1000

    /// Every combination, the last list fastest.
    ///
    /// - Throws: `ConfigurationError` for what is no grid, and for too many runs. What is no list
    ///   of values is left out, and `collector` knows.
    func points(_ collector: ErrorCollector) throws -> [GridPoint] {
        let axes = try Self.assignments(grid, "sweep.grid").entries
        let names = shortNames(axes.map(\.key))
        return try axes.reduce([GridPoint()]) { points, axis in
            guard let values = axis.value.sequence, !values.isEmpty else {
                try collector.report(
                    ConfigurationError(
                        at: axis.value.location,
                        "sweep.grid: expected a list of values for \(axis.key)",
                        hint: "write \(axis.key): [0, 1, 2]; settings of all runs go in sweep.set")
                )
                return points
            }
            guard points.count * max(1, runs.count) <= Self.maximumRuns / values.count else {
                throw ConfigurationError(
                    at: axis.keyLocation, "sweep: more than \(Self.maximumRuns) runs")
            }
            return points.flatMap { point in
                values.map { value in
                    var next = point
                    next.assignments.set(axis.key, to: value, keyLocation: axis.keyLocation)
                    next.labels.append("\(names[axis.key] ?? axis.key) \(value.cell)")
                    return next
                }
            }
        }
    }

    /// The keys and values of `node`.
    ///
    /// - Throws: `ConfigurationError` for anything but a mapping.
    static func assignments(_ node: YAMLNode, _ place: String) throws -> YAMLNode.Mapping {
        if let mapping = node.mapping { return mapping }
        throw ConfigurationError(
            at: node.location, "\(place): expected keys with values",
            hint: "write {train.seed: 1, model.neck.channels: 64}")
    }
}

/// The shortest end of each of `paths` that no other one has: `seed` for `train.seed`.
func shortNames(_ paths: [String]) -> [String: String] {
    let parts = Set(paths).map { ($0, $0.split(separator: ".", omittingEmptySubsequences: false)) }
    return parts.reduce(into: [:]) { names, own in
        let others = parts.filter { $0.0 != own.0 }.map(\.1)
        let count = (1...own.1.count).first { count in
            !others.contains { $0.suffix(count) == own.1.suffix(count) }
        }
        names[own.0] = own.1.suffix(count ?? own.1.count).joined(separator: ".")
    }
}

extension YAMLNode {
    /// What a table shows of it: a value's text, the name of a component, a short list.
    var cell: String {
        if let text = scalar?.text ?? self["type"]?.scalar?.text { return text }
        let text = yaml().trimmingCharacters(in: .newlines)
        return text.contains("\n") || text.count > 40 ? (sequence == nil ? "{…}" : "[…]") : text
    }
}
