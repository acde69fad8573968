import DenseKitConfiguration
import DenseKitEvaluation
import Foundation

extension Reproduction {
    private var heads: [String] {
        let scores =
            table.precisions.isEmpty
            ? ["SS paper", "SS here", "MS paper", "MS here"] : table.precisions.map(\.name)
        return scores + ["GFLOPs paper", "GFLOPs here", "params paper", "params here"]
    }

    private func cells(_ row: ReproducedRow) -> [String] {
        func two(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "-" }
        let paper = row.row
        let counts = [row.gflops, row.gflopsAtOutputs].map(two)
        let scores =
            table.precisions.isEmpty
            ? [
                paper.singleScale?.text ?? "-", two(row.singleScale), paper.multiScale?.text ?? "-",
                two(row.multiScale),
            ]
            : paper.precisions.enumerated().map {
                "\($1.text) / \(two(row.precisions.indices.contains($0) ? row.precisions[$0] : nil))"
            }
        return scores + [
            paper.gflops?.text ?? "-",
            counts[0] == counts[1] || !hasBothCounts ? counts[0] : counts.joined(separator: " / "),
            paper.parameters?.text ?? "-", two(row.parameters),
        ]
    }

    /// Whether the paper counts some rows otherwise.
    private var hasBothCounts: Bool { rows.contains { $0.row.count == .transposedAtOutputs } }

    /// Notes with their numbers, each once.
    private var remarks: [String] {
        rows.reduce(into: []) { list, row in
            if let remark = row.remark, !list.contains(remark) { list.append(remark) }
        }
    }

    private func name(_ row: ReproducedRow) -> String {
        row.row.name + (row.remark.flatMap(remarks.firstIndex).map { " [\($0 + 1)]" } ?? "")
    }

    /// The numbers of classes that the rows are counted with.
    private var classes: String {
        rows.map { $0.row.classes ?? table.classes }.reduce(into: [Int]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        .map(String.init).joined(separator: " or ")
    }

    private var legend: [String] {
        let scores =
            table.precisions.isEmpty
            ? "SS, MS: mIoU in percent at a single scale and at several"
            : "AP: COCO's, in percent, the paper's / ours"
        return [
            "\(scores); GFLOPs: multiply-adds / 1e9 for an image of \(table.size.height)×\(table.size.width), \(classes) classes; "
                + "params: millions"
        ]
            + (hasBothCounts
                ? [
                    "Behind a slash: transposed convolutions counted at their results, as fvcore did until 2021 and the paper's row does."
                ] : [])
            + table.notes + onceParts
    }

    /// What is in no sum, with the rows that have it.
    private var onceParts: [String] {
        let parts: [String] = rows.compactMap(\.once).reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
        return parts.map { part in
            let names = rows.filter { $0.once == part }.map { "\($0.row.group) \($0.row.name)" }
            return "Once for a model, in no sum: \(part) (\(names.joined(separator: "; ")))"
        }
    }

    private var commands: [String] {
        rows.compactMap(\.command).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The table with aligned columns, its legend, and why numbers differ from the paper's.
    public var text: String {
        var lines: [[String]] = [[""] + heads]
        var group = ""
        for row in rows {
            if row.row.group != group { lines.append([row.row.group]) }
            group = row.row.group
            lines.append(["  " + name(row)] + cells(row))
        }
        var parts = [["\(table.paper), \(table.title)"] + TextTable.aligned(lines), legend]
        if !remarks.isEmpty { parts.append(remarks.enumerated().map { "[\($0 + 1)] \($1)" }) }
        if !commands.isEmpty {
            parts.append(["To fill the dashes among the scores:"] + commands.map { "  " + $0 })
        }
        return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    /// The table as Markdown.
    public var markdown: String {
        var lines = [
            "### \(table.paper), \(table.title)", "", TextTable.markdown(["group", "row"] + heads),
        ]
        lines.append("| --- | --- |" + String(repeating: " ---: |", count: heads.count))
        for row in rows {
            lines.append(TextTable.markdown([row.row.group, name(row)] + cells(row)))
        }
        lines += [""] + legend.map { "- \($0)" }
        if !remarks.isEmpty { lines += [""] + remarks.enumerated().map { "\($0 + 1). \($1)" } }
        if !commands.isEmpty {
            lines +=
                ["", "To fill the dashes among the scores:", ""] + commands.map { "    " + $0 }
        }
        return lines.joined(separator: "\n")
    }

    /// The table as a JSON object, with the paper's numbers and this project's for each row.
    public var json: Data {
        get throws {
            try JSONEncoder.forReports.encode(
                Content(
                    table: table.name, paper: table.paper, title: table.title, notes: table.notes,
                    rows: rows.map { row in
                        Content.Row(
                            group: row.row.group, name: row.row.name, config: row.row.config,
                            run: row.row.run,
                            paper: .init(
                                singleScale: row.row.singleScale?.value,
                                multiScale: row.row.multiScale?.value,
                                precisions: precisions(row.row.precisions.map(\.value)),
                                gflops: row.row.gflops?.value,
                                parameters: row.row.parameters?.value),
                            here: .init(
                                singleScale: row.singleScale, multiScale: row.multiScale,
                                precisions: precisions(row.precisions),
                                gflops: row.gflops, gflopsTransposedAtOutputs: row.gflopsAtOutputs,
                                parameters: row.parameters),
                            once: row.once, remark: row.remark, command: row.command)
                    }))
        }
    }

    /// By their names; nil for a table without.
    private func precisions(_ values: [Double?]) -> [String: Double]? {
        guard !table.precisions.isEmpty else { return nil }
        return zip(table.precisions, values).reduce(into: [:]) { $0[$1.0.key] = $1.1 }
    }

    private struct Content: Encodable {
        struct Figures: Encodable {
            let singleScale: Double?
            let multiScale: Double?
            let precisions: [String: Double]?
            let gflops: Double?
            var gflopsTransposedAtOutputs: Double?
            let parameters: Double?
        }
        struct Row: Encodable {
            let group: String
            let name: String
            let config: String?
            let run: String?
            let paper: Figures
            let here: Figures
            let once: String?
            let remark: String?
            let command: String?
        }

        let table: String
        let paper: String
        let title: String
        let notes: [String]
        let rows: [Row]
    }
}
