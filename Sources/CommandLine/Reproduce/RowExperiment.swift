import DenseKitCore
import Foundation

/// The experiment of a table's row: a configuration, or one run of a sweep.
struct RowExperiment {
    private let file: String
    private let run: SweepRun?
    /// Its work directory, below that of all.
    let folder: String

    /// - Throws: what is wrong with the sweep `file`, or that it has no such run.
    init(_ file: String, run: String?) throws {
        self.file = file
        let name = URL(filePath: file).deletingPathExtension().lastPathComponent
        let sweepRun = try run.map { try Sweep(file).run(named: $0) }
        self.run = sweepRun
        folder = sweepRun.map { "\(name)/\($0.slug)" } ?? name
    }

    func experiment(_ registry: Registry, device: Device = .cpu) throws -> Experiment {
        try run?.experiment(registry, device: device)
            ?? Experiment(file, registry: registry, device: device)
    }

    /// The command that measures `weights`.
    func testCommand(_ weights: String) -> String {
        "densekit test \(file) \(weights)" + (run.map { " --run \($0.slug)" } ?? "")
    }

    /// The command that the first comment of the configuration gives under `Train:`; of a run, with
    /// what that of the first configuration that it starts from gives behind its file, such as
    /// weights.
    var trainCommand: String {
        guard let run else { return Self.command(in: file) ?? "densekit train \(file)" }
        let words =
            Self.command(in: run.bases[0])?.firstMatch(
                of: /^densekit train \S+(?: --run \S+)?(.*)$/)?.1 ?? ""
        return "densekit train \(file) --run \(run.slug)\(words)"
    }

    private static func command(in file: String) -> String? {
        let text =
            FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
            ?? ""
        let comment = text.split(separator: "\n").prefix { $0.hasPrefix("#") }
            .map { $0.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces) }
        var lines = comment.drop { !$0.hasPrefix("Train:") }
        guard let first = lines.popFirst() else { return nil }
        var command = first.dropFirst("Train:".count).trimmingCharacters(in: .whitespaces)
        while command.hasSuffix("\\"), let next = lines.popFirst() {
            command = command.dropLast() + next
        }
        return command
    }
}
