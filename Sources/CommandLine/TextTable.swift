/// Rows of cells as lines of text: the first column begins on the left, the others end on the right. A row of one cell stands for itself.
func alignedLines(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { cells in
        guard cells.count > 1 else { return cells.first ?? "" }
        let padded = zip(cells, widths).enumerated().map { column, cell in
            let spaces = String(repeating: " ", count: cell.1 - cell.0.count)
            return column == 0 ? cell.0 + spaces : spaces + cell.0
        }
        return padded.joined(separator: "  ")
    }
}

/// A line of a Markdown table.
func markdownRow(_ cells: [String]) -> String {
    "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
}
