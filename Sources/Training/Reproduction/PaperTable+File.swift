import DenseKitComponents
import DenseKitConfiguration
import Foundation

// A table is a file of the shipped configurations: `configs/tables/NAME.yaml` (docs/reproduce.md).
extension PaperTable {
    /// The folder of the tables in a folder of configurations.
    static func folder(in configs: String) -> String { "\(configs)/tables" }

    /// The names of the tables in a folder of configurations, `table9` before `table10`; empty
    /// where it has no folder `tables`.
    public static func names(in configs: String) -> [String] {
        let files =
            (try? FileManager.default.contentsOfDirectory(atPath: folder(in: configs))) ?? []
        return files.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.map {
            String($0.dropLast(".yaml".count))
        }
        .sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }

    /// Reads the table `configs/tables/NAME.yaml`.
    ///
    /// - Throws: `ArgumentError`, with the names that there are, where there is no such file;
    ///   `ConfigurationError` at the place of a mistake in it.
    public init(_ name: String, in configs: String) throws {
        let names = Self.names(in: configs)
        guard !names.isEmpty else {
            throw ArgumentError("\(Self.folder(in: configs)): no such folder, or no table in it")
        }
        guard names.contains(name) else {
            let near = nearestSpelling(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
            throw ArgumentError(
                "there is no table '\(name)'\(near) (tables: \(names.joined(separator: ", ")))")
        }
        let path = "\(Self.folder(in: configs))/\(name).yaml"
        let node = try YAMLNode.load(path: path)
        let file: File = try node.decode()
        try file.check(TableProblems(node: node, path: path))
        self.name = name
        paper = file.paper
        title = file.title
        notes = file.notes ?? []
        classes = file.classes ?? 150
        size = file.size ?? Size2D(1024)
        precisions = file.precisions ?? []
        rows = file.groups.flatMap { group in group.rows.map { $0.row(of: group) } }
    }

    /// The file as it is written.
    fileprivate struct File: Decodable {
        let paper: String
        let title: String
        let notes: [String]?
        let classes: Int?
        let size: Size2D?
        let precisions: [Precision]?
        let groups: [Group]

        struct Group: Decodable {
            let name: String
            let classes: Int?
            let rows: [Row]
        }

        struct Row: Decodable {
            let name: String
            let singleScale: PrintedNumber?
            let multiScale: PrintedNumber?
            let precisions: [PrintedNumber]?
            let gflops: PrintedNumber?
            let parameters: PrintedNumber?
            let config: String?
            let run: String?
            let count: Count?
            let reason: String?
            let dataset: String?

            func row(of group: Group) -> PaperTable.Row {
                PaperTable.Row(
                    group: group.name, name: name, singleScale: singleScale, multiScale: multiScale,
                    precisions: precisions ?? [], gflops: gflops, parameters: parameters,
                    config: config,
                    run: run, count: count ?? .fvcore, reason: reason, dataset: dataset,
                    classes: group.classes)
            }
        }
    }
}

/// Reports where in a table's file something is wrong.
private struct TableProblems {
    let node: YAMLNode
    let path: String

    func check(_ keys: String..., classes: Int?) throws {
        guard let classes, !(1...65535).contains(classes) else { return }
        throw error(keys, "expected 1…65535 classes, found \(classes)")
    }

    func error(_ keys: [String], _ problem: String) -> ConfigurationError {
        ConfigurationError(
            at: node.location(of: keys) ?? .file(path), "\(keys.joined(separator: ".")): \(problem)"
        )
    }
}

extension PaperTable.File {
    /// What would be printed wrongly, or silently not at all.
    fileprivate func check(_ problems: TableProblems) throws {
        try problems.check("classes", classes: classes)
        if let size, !(1...65535).contains(size.height) || !(1...65535).contains(size.width) {
            throw problems.error(
                ["size"], "expected sides of 1…65535 pixels, found [\(size.height), \(size.width)]")
        }
        if groups.isEmpty {
            throw problems.error(["groups"], "expected at least one group of rows")
        }
        for (place, group) in groups.enumerated() {
            try problems.check("groups", "\(place)", "classes", classes: group.classes)
            if group.rows.isEmpty {
                throw problems.error(["groups", "\(place)", "rows"], "expected at least one row")
            }
            var names: Set<String> = []
            for (index, row) in group.rows.enumerated() {
                func error(_ key: String, _ problem: String) -> ConfigurationError {
                    problems.error(["groups", "\(place)", "rows", "\(index)", key], problem)
                }
                guard names.insert(row.name).inserted else {
                    throw error("name", "the group has the row '\(row.name)' twice")
                }
                try row.check(precisions: precisions?.count ?? 0, error)
            }
        }
    }
}

extension PaperTable.File.Row {
    fileprivate func check(
        precisions expected: Int, _ error: (String, String) -> ConfigurationError
    ) throws {
        let found = precisions?.count ?? 0
        guard found == expected else {
            throw error(
                "precisions",
                "expected a number for each of the table's precisions (\(expected)), found \(found)"
            )
        }
        for (key, value) in [("single_scale", singleScale), ("multi_scale", multiScale)]
        where value != nil && expected > 0 {
            throw error(
                key,
                "a table of precisions prints no mIoU: remove the key, or the table's precisions")
        }
        guard config == nil else { return }
        for (key, value) in [
            ("run", run), ("reason", reason), ("dataset", dataset), ("count", count?.rawValue),
        ]
        where value != nil {
            throw error(
                key, "says something of the row's configuration, and the row has none: write config"
            )
        }
    }
}
