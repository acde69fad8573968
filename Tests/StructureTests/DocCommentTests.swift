import Testing

/// A public declaration: its line, and whether a doc comment stands before it.
private struct PublicSymbol {
    let line: String
    let isDocumented: Bool

    static func all(in file: String) throws -> [PublicSymbol] {
        let modifiers =
            "final|static|class|mutating|indirect|private\\(set\\)|internal\\(set\\)|override|convenience|required"
        let kinds = "func|var|let|init|struct|class|enum|protocol|typealias|subscript|actor"
        let declaration = try Regex(
            "^\\s*(?:@\\w+(?:\\([^)]*\\))? +)*public (?:(?:\(modifiers)) )*(?:\(kinds))\\b")
        // Members that a protocol of the standard library or of the core describes, and
        // initialisers without arguments.
        let errors = "(?:var|let) (?:problem|place|remedy|origin|description|debugDescription)\\b"
        let witnesses =
            "func (?:encode\\(to|hash\\(into|register\\(in)|init\\(from decoder|init\\(integerLiteral|typealias State"
        let described = try Regex("\(errors)|\(witnesses)|init\\(\\) \\{\\}")
        let lines = try SourceTree.text(file).split(
            separator: "\n", omittingEmptySubsequences: false)
        var isInString = false  // Swift within a string of several lines is not this file's
        return lines.indices.compactMap { index in
            if lines[index].contains("\"\"\"") { isInString.toggle() }
            guard !isInString, lines[index].contains(declaration), !lines[index].contains(described)
            else { return nil }
            var before = index - 1
            while before > 0, lines[before].contains(/^\s*@/) { before -= 1 }
            let isDocumented = before >= 0 && lines[before].contains(/^\s*\/\/\//)
            return PublicSymbol(line: String(lines[index]), isDocumented: isDocumented)
        }
    }
}

@Test("Every public symbol has a doc comment")
func documented() throws {
    var count = 0
    for file in ["Sources", "Plugins"].flatMap({ SourceTree.files($0, ".swift") }) {
        for symbol in try PublicSymbol.all(in: file) {
            count += 1
            #expect(symbol.isDocumented, "\(file): \(symbol.line)")
        }
    }
    #expect(count > 2500)
}
