import DenseKitCore
import Foundation

/// The commands for a row of a paper's table: those that train its experiment and measure it.
struct RowCommand {
    /// The configuration.
    let file: String
    /// The run of it, where it is a sweep.
    let run: SweepRun?

    /// What fills the next gap among the row's scores; nil where there is none.
    static func next(of row: ReproducedRow) -> String? {
        guard let file = row.file, let missing = row.missing else { return nil }
        let command = RowCommand(file: file, run: row.run)
        switch missing {
        case .training: return command.train
        case .evaluation(let checkpoint, let dataset, let augmented, let scores):
            return command.test(checkpoint ?? "WEIGHTS") + (augmented ? " --tta" : "")
                + (dataset.map { " --dataset \($0)" } ?? "") + " --out \(scores)"
        }
    }

    /// The command that measures `weights`.
    func test(_ weights: String) -> String {
        "densekit test \(file) \(weights)" + (run.map { " --run \($0.slug)" } ?? "")
    }

    /// The command that the first comment of the configuration gives under `Train:`. A run's names
    /// the run, and has the options that the comment above the run gives there, such as weights;
    /// where it gives none, those behind the file in the command of the first configuration that
    /// the run starts from.
    var train: String {
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
