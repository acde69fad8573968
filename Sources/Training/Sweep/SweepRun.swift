import DenseKitCheckpoints
import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import Foundation

/// One run of a sweep: a whole experiment, with a name and a work directory of its own.
public struct SweepRun: Sendable {
    /// The name in the table: that in `sweep.runs`, and the values of the grid, such as
    /// `gamma 0.5, seed 0`.
    public let name: String
    /// The name in `sweep.runs`; empty where the sweep has none.
    public let entry: String
    /// The name as a folder name: other characters than letters, digits and `._+=-` are hyphens.
    public let slug: String
    /// The path of its work directory.
    public let folder: String
    /// The path of the sweep's file.
    public let file: String
    /// The place of its name; of a run without a name, of the first value that its grid gives it.
    public let location: SourceLocation
    /// The paths of the configurations that it starts from, each laid over those before it.
    public let bases: [String]
    /// Its settings beside those of the configurations and of `sweep.set`, by their paths.
    public let assignments: YAMLNode.Mapping
    /// Its whole configuration, with `folder` as `work_dir`.
    public let node: YAMLNode
    /// The components that it may name.
    let registry: Registry
    /// The device that it is trained on.
    let device: Device

    /// The run as an experiment, which can be trained, checked and evaluated.
    ///
    /// - Parameters:
    ///   - device: the device in place of the sweep's; nil for the sweep's
    ///   - overrides: assignments `a.b.c=value` laid over this run
    /// - Throws: `ConfigurationError` for settings that do not fit.
    public func experiment(on device: Device? = nil, overrides: [String] = []) throws -> Experiment
    {
        let node = try node.overridden(by: overrides)
        return try Experiment(
            file, node: node, name: slug, registry: registry, device: device ?? self.device)
    }

    /// The configurations that it starts from, as tables show them.
    var config: String { bases.joined(separator: " + ") }

    /// The path of its resolved configuration, written where it is trained.
    var record: String { "\(folder)/\(slug).yaml" }
    /// The path of the text that says why it failed.
    package var failure: String { "\(folder)/failure.txt" }

    /// Files that are beside the folders of runs.
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
    /// The setting at `path`; nil where the configuration leaves it at its default.
    func value(at path: String) -> YAMLNode? {
        path.split(separator: ".").reduce(node) { node, key in
            node.flatMap { $0[String(key)] ?? Int(key).flatMap { index in node?[index] } }
        }
    }

    /// How the settings differ from those that the run was trained with, a sentence each. Empty
    /// where nothing was trained yet.
    func changes() throws -> [String] {
        guard RunProgress(workDirectory: folder) != nil,
            let text = FileManager.default.contents(atPath: record)
        else { return [] }
        let old = try YAMLNode.parse(
            String(decoding: text, as: UTF8.self), file: record, environment: [:]
        ).withCurrentNames(of: record)
        return try node.withCurrentNames(of: file).withoutIdleSettings.differences(
            from: old.withoutIdleSettings
        ).map {
            "\($0.path) is \($0.old) there and \($0.new) here"
        }
    }

    /// Writes why it failed, where the table reads it until the run is tried again.
    package static func write(failure reason: String, in folder: String) throws {
        try FileSystem.makeFolder(folder, remedy: "choose another with \(Term.workDirectory)")
        try AtomicFile.write(Data((reason + "\n").utf8), to: "\(folder)/failure.txt")
    }
}

extension YAMLNode {
    /// Without what decides no result: the folder, and the number of loader threads.
    fileprivate var withoutIdleSettings: YAMLNode { without("work_dir").without("data", "workers") }

    /// The same for every seed of a run.
    var withoutSeed: YAMLNode { without("work_dir").without("train", "seed") }
}
