/// Tables in a frame, as MMSegmentation and MMDetection print them.
enum TextTable {
    /// `rows` in a frame of `+---+`, every column centred; the first row is the head.
    static func framed(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let rule = "+" + widths.map { String(repeating: "-", count: $0 + 2) + "+" }.joined()
        let lines = rows.map { row in
            "|"
                + zip(row, widths).map { text, width in
                    let left = (width - text.count) / 2
                    return String(repeating: " ", count: left + 1) + text
                        + String(repeating: " ", count: width - text.count - left + 1) + "|"
                }.joined()
        }
        return ([rule, lines[0], rule] + lines.dropFirst() + [rule]).joined(separator: "\n")
    }
}
