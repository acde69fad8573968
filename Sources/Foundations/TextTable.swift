/// Rows of cells as text. Columns are as wide as their widest cell.
public enum TextTable {
    /// A line for each row, two spaces between columns: the first `left` columns begin on the left,
    /// the others end on the right.
    ///
    /// A row of one cell is not aligned, as a heading. A last cell that begins on the left is not
    /// padded.
    public static func aligned(_ rows: [[String]], left: Int = 1) -> [String] {
        let widths = widths(rows)
        return rows.map { cells in
            guard cells.count > 1 else { return cells.first ?? "" }
            let padded = zip(cells, widths).enumerated().map { column, cell in
                let spaces = spaces(cell.1 - cell.0.count)
                guard column < left else { return spaces + cell.0 }
                return column == cells.count - 1 ? cell.0 : cell.0 + spaces
            }
            return padded.joined(separator: "  ")
        }
    }

    /// The rows as a table framed by `+---+`, every column centred, the first row as the header:
    /// how MMSegmentation and MMDetection print tables.
    public static func framed(_ rows: [[String]]) -> String {
        let widths = widths(rows)
        let rule = "+" + widths.map { String(repeating: "-", count: $0 + 2) + "+" }.joined()
        let lines = rows.map { row in
            "|"
                + zip(row, widths).map { text, width in
                    let before = (width - text.count) / 2
                    return spaces(before + 1) + text + spaces(width - text.count - before + 1) + "|"
                }.joined()
        }
        return ([rule, lines[0], rule] + lines.dropFirst() + [rule]).joined(separator: "\n")
    }

    /// One line of a Markdown table.
    public static func markdown(_ cells: [String]) -> String {
        "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    private static func widths(_ rows: [[String]]) -> [Int] {
        let columns = rows.map(\.count).max() ?? 0
        return (0..<columns).map { column in
            rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
        }
    }
}
