import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitCommandLine

/// The top of the package.
let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A configuration of `configs/` that trains one model, or a run of a sweep there.
struct ShippedExperiment: CustomTestStringConvertible, Sendable {
    /// As commands name it: `configs/icpc/icpc_ablations.yaml`.
    let file: String
    let run: String?

    /// The folder, and the name of the configuration or the run:
    /// `icpc/icpc_fpn_r50_ade20k_80k_512x512`.
    var id: String {
        let url = URL(filePath: file)
        let folder = url.deletingLastPathComponent().lastPathComponent
        return folder + "/" + (run ?? url.deletingPathExtension().lastPathComponent)
    }

    var testDescription: String { id }

    /// The files with experiments: all but the parts in `configs/_base_` and the papers' tables.
    static let files: [String] = {
        let names = FileManager.default.enumerator(atPath: package.appending(path: "configs").path)?
            .compactMap { $0 as? String }
        return (names ?? []).filter {
            $0.hasSuffix(".yaml") && !$0.hasPrefix("_base_/") && !$0.hasPrefix("tables/")
        }
        .map { "configs/\($0)" }.sorted()
    }()

    /// Tables that train, as a sweep, what stands elsewhere too.
    static let tables = files.filter { $0.hasPrefix("configs/sweeps/") }

    /// The files of experiments that stand nowhere else.
    static let sources = files.filter { !$0.hasPrefix("configs/sweeps/") }

    static let all = sources.flatMap { file in
        guard let sweep = try? sweep(file) else { return [ShippedExperiment(file: file, run: nil)] }
        return sweep.runs.map { ShippedExperiment(file: file, run: $0.name) }
    }

    static func named(_ id: String) throws -> ShippedExperiment {
        try #require(all.first { $0.id == id }, "\(id)")
    }

    static func sweep(_ file: String) throws -> Sweep {
        let registry = try Registry(BuiltIn.plugins)
        return try Sweep(path(file), registry: registry, device: .meta)
    }

    static func path(_ file: String) -> String { package.appending(path: file).path }

    func experiment(overrides: [String] = [], device: Device = .meta) throws -> Experiment {
        let registry = try Registry(BuiltIn.plugins)
        return try Experiment(
            Self.path(file), run: run, overrides: overrides, registry: registry, device: device)
    }

    /// The whole configuration, without a work directory.
    func node() throws -> YAMLNode {
        guard let run else { return try YAMLNode.load(path: Self.path(file)) }
        return try Self.sweep(file).run(named: run).node.without("work_dir")
    }

    /// The first configuration that it starts from; the file itself where none is named.
    func base() throws -> String {
        guard let run else { return file }
        let path = try #require(try Self.sweep(file).run(named: run).bases.first)
        return String(path.dropFirst(package.path.count + 1))
    }

    /// The comment that a file opens with.
    static func header(_ file: String) throws -> String {
        try lines(file).prefix { $0.hasPrefix("#") }.joined(separator: "\n")
    }

    /// The comment above a run; of a configuration, its first.
    func comment() throws -> String {
        guard let run else { return try Self.header(file) }
        let lines = try Self.lines(file)
        let names = ["- name: \(run)", "- { name: \(run),"]
        let index = try #require(
            lines.firstIndex { line in
                names.contains { line.trimmingCharacters(in: .whitespaces).hasPrefix($0) }
            })
        let above = lines[..<index].reversed().prefix { $0.hasPrefix("    #") }.reversed()
        return above.map { $0.dropFirst("    # ".count) }.joined(separator: " ")
    }

    private static func lines(_ file: String) throws -> [Substring] {
        try String(contentsOfFile: path(file), encoding: .utf8).split(separator: "\n")
    }
}
