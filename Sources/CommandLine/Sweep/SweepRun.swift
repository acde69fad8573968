import DenseKitCore
import Foundation

/// One training of a sweep.
struct SweepRun {
    /// `gamma 0.5, seed 0`: the name in `runs` and the values of the grid.
    let name: String
    /// The name in `runs`; empty where there is none.
    let entry: String
    /// Its folder's name.
    let slug: String
    /// Its work directory.
    let folder: String
    /// The sweep's file.
    let file: String
    /// Where its name stands; of a run without a name, the first value that its grid gives it.
    let location: SourceLocation
    /// The configurations that it starts from, each laid over those before it.
    let bases: [String]
    /// What it says beside that, and beside what all runs say.
    let assignments: YAMLNode.Mapping
    /// The whole configuration, with the folder as its `work_dir`.
    let node: YAMLNode

    /// The experiment, as commands have it.
    ///
    /// - Parameter overrides: `a.b.c=value` from the command line, over this run
    func experiment(_ registry: Registry, device: Device, overrides: [String] = []) throws
        -> Experiment
    {
        try Experiment(
            file, node: node.overridden(by: overrides), name: slug, registry: registry,
            device: device)
    }

    /// The configurations that it starts from, as tables show them.
    var config: String { bases.joined(separator: " + ") }

    /// Where its resolved configuration lies, once it was trained.
    var record: String { "\(folder)/\(slug).yaml" }
    /// Why it ended, where it failed.
    var failure: String { "\(folder)/\(Self.failureName)" }
    static let failureName = "failure.txt"

    /// Files that stand beside the folders of runs.
    static let reserved = ["table.md", "table.json"]

    /// The name of a folder: letters, digits and a few marks of `name`, others as hyphens.
    ///
    /// - Throws: `ConfigurationError` for a name without a letter or digit, and for one that is too
    ///   long.
    static func slug(_ name: String, at location: SourceLocation) throws -> String {
        let mapped = name.map { $0.isLetter || $0.isNumber || "._+=-".contains($0) ? $0 : "-" }
        let slug = String(mapped).split(separator: "-").joined(separator: "-").drop {
            ".-".contains($0)
        }
        guard slug.contains(where: { $0.isLetter || $0.isNumber }),
            !reserved.contains(slug.lowercased())
        else {
            throw ConfigurationError(
                at: location, "the run '\(name)' cannot have a folder of its name",
                hint: "name it with letters and digits")
        }
        guard slug.utf8.count <= 200 else {
            throw ConfigurationError(
                at: location,
                "the name of a run is longer than a folder's can be: '\(name.prefix(60))…'",
                hint: "shorten it")
        }
        return String(slug)
    }
}

extension SweepRun {
    /// What the run's record says otherwise than the run does now, a sentence each. Nothing where
    /// there is no record, or where nothing was learnt yet.
    func changes() throws -> [String] {
        guard RunProgress(workDirectory: folder) != nil,
            let text = FileManager.default.contents(atPath: record)
        else {
            return []
        }
        let old = try YAMLNode.parse(
            String(decoding: text, as: UTF8.self), file: record, environment: [:]
        ).withCurrentNames(of: record)
        return try node.withCurrentNames(of: file).withoutIdleSettings.differences(
            from: old.withoutIdleSettings)
    }
}

extension YAMLNode {
    /// Without what decides no result: the folder, and the number of loader threads.
    fileprivate var withoutIdleSettings: YAMLNode { without("work_dir").without("data", "workers") }

    /// The same for every seed of a run.
    var withoutSeed: YAMLNode { without("work_dir").without("train", "seed") }

    /// The values in which this differs from `old`: `train.batch is 16 there and 32 here`.
    func differences(from old: YAMLNode, at path: String = "") -> [String] {
        guard self != old else { return [] }
        func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        if let new = mapping, let known = old.mapping {
            let gone = known.keys.filter { new[$0] == nil }
            return (new.keys + gone).flatMap { key in
                guard let before = known[key], let now = new[key] else {
                    let before = known[key]?.cell ?? "not set"
                    let now = new[key]?.cell ?? "not set"
                    return ["\(child(key)) is \(before) there and \(now) here"]
                }
                return now.differences(from: before, at: child(key))
            }
        }
        if let new = sequence, let known = old.sequence, new.count == known.count {
            return zip(new, known).enumerated().flatMap {
                $1.0.differences(from: $1.1, at: child("\($0)"))
            }
        }
        return ["\(path) is \(old.cell) there and \(cell) here"]
    }
}
