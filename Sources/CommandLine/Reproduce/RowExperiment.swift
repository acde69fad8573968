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

    /// The command that the first comment of the configuration gives under `Train:`. A run's names
    /// the run, and has the options that the comment above the run gives there, such as weights;
    /// where it gives none, those behind the file in the command of the first configuration that
    /// the run starts from.
    var trainCommand: String {
        guard let run else {
            return Self.trainLine(in: Self.header(of: file)) ?? "densekit train \(file)"
        }
        let options = Self.trainLine(in: Self.comment(above: run)) ?? Self.options(in: run.bases[0])
        return ["densekit train \(file) --run \(run.slug)", options].filter { !$0.isEmpty }
            .joined(separator: " ")
    }

    /// The options in the command of `file`; empty where it gives no command.
    private static func options(in file: String) -> String {
        let command = trainLine(in: header(of: file)) ?? ""
        let options = command.firstMatch(of: /^densekit train \S+(?: --run \S+)? *(.*)$/)?.1 ?? ""
        return String(options)
    }

    /// What stands behind `Train:` in a comment, with the lines that a backslash joins.
    private static func trainLine(in comment: [Substring]) -> String? {
        let texts = comment.map { line in
            line.drop { $0.isWhitespace || $0 == "#" }.trimmingCharacters(in: .whitespaces)
        }
        var lines = texts.drop { !$0.hasPrefix("Train:") }
        guard let first = lines.popFirst() else { return nil }
        var train = first.dropFirst("Train:".count).trimmingCharacters(in: .whitespaces)
        while train.hasSuffix("\\"), let next = lines.popFirst() { train = train.dropLast() + next }
        return train
    }

    /// The lines of the comment that a file opens with.
    private static func header(of file: String) -> [Substring] {
        Array(lines(of: file).filter { !$0.isEmpty }.prefix(while: isComment))
    }

    /// The lines of the comment right above the name of a run.
    private static func comment(above run: SweepRun) -> [Substring] {
        guard case .position(let file, let line, _) = run.location else { return [] }
        return lines(of: file).prefix(line - 1).reversed().prefix(while: isComment).reversed()
    }

    private static func isComment(_ line: Substring) -> Bool {
        line.first { !$0.isWhitespace } == "#"
    }

    private static func lines(of file: String) -> [Substring] {
        let data = FileManager.default.contents(atPath: file) ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }
}
