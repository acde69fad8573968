import Testing

/// A declaration that a program can see: public, a case of a public enum, or a requirement of a
/// public protocol.
private struct PublicSymbol {
    let line: String
    /// Its lines up to the body, without line breaks.
    let signature: String
    /// The doc comment before it; empty where there is none.
    let comment: String
    /// The type that is declared or extended around it, at the top level of the file.
    let owner: String

    private static let modifiers =
        "(?:(?:final|static|class|prefix|mutating|indirect|private\\(set\\)|internal\\(set\\)|override|convenience|required) )*"
    private static let attributes = "^\\s*(?:@\\w+(?:\\([^)]*\\))? +)*"
    private static let kinds =
        "(?:func|var|let|init|struct|class|enum|protocol|typealias|associatedtype|subscript|actor)\\b"

    /// Those of a file. Members of errors that `DenseKitError` describes, witnesses of protocols of
    /// the standard library, and initialisers without arguments are left out.
    static func all(in file: String) throws -> [PublicSymbol] {
        let declaration = try Regex("\(attributes)public \(modifiers)\(kinds)")
        let requirement = try Regex("\(attributes)\(modifiers)\(kinds)")
        let described =
            /(?:var|let) (?:problem|place|remedy|origin)\b|func (?:hash\(into|register\(in)|init\(integerLiteral|typealias State|init\(\) \{\}/
        let lines = try SourceTree.text(file).split(
            separator: "\n", omittingEmptySubsequences: false)
        var found: [PublicSymbol] = []
        var owner = ""
        var open: [(indent: Int, isEnum: Bool)] = []  // public enums and protocols around the line
        var isInString = false  // Swift within a string of several lines is not this file's
        for (index, line) in lines.enumerated() {
            if line.contains("\"\"\"") { isInString.toggle() }
            guard !isInString else { continue }
            let indent = line.prefix { $0 == " " }.count
            if indent == 0, !line.hasPrefix("/"),
                let match = line.firstMatch(of: /(?:extension|struct|enum|class|protocol) (\w+)/)
            {
                owner = String(match.1)
            }
            guard line.contains("public ") || !open.isEmpty else { continue }
            if let last = open.last, indent == last.indent, line.hasSuffix("}") {
                open.removeLast()
            }
            let around = open.last.flatMap { indent == $0.indent + 4 ? $0 : nil }
            let isCase = around?.isEnum == true && line.contains(/^ *(?:indirect )?case\b/)
            let isRequirement = around?.isEnum == false && line.contains(requirement)
            if let match = line.firstMatch(of: /^ *public (?:indirect )?(enum|protocol) [^{]*\{/) {
                if !line.hasSuffix("}") { open.append((indent, match.1 == "enum")) }
            }
            guard isCase || isRequirement || line.contains(declaration), !line.contains(described)
            else { continue }
            // `enum FanMode { case in, out }` has no place for comments.
            let hidesCases = line.contains(/public enum [^{]*\{ case\b/)
            found.append(
                PublicSymbol(
                    line: String(line), signature: signature(lines[index...]),
                    comment: hidesCases ? "" : comment(lines[..<index]), owner: owner))
        }
        return found
    }

    private static func comment(_ before: ArraySlice<Substring>) -> String {
        let lines = before.reversed().drop { $0.contains(/^\s*@/) }.prefix {
            $0.contains(/^\s*\/\/\//)
        }
        return lines.reversed().joined(separator: "\n")
    }

    private static func signature(_ lines: ArraySlice<Substring>) -> String {
        var text = ""
        for line in lines {
            // A requirement has no body: it ends where the next comment begins.
            if line.isEmpty || line.contains(/^\s*(?:\/\/|\})/) { break }
            text += line.prefix { $0 != "{" } + " "
            if line.contains("{") { break }
        }
        return text
    }

    /// Whether it is a function of tensors that returns tensors.
    var mapsTensors: Bool {
        guard let arrow = signature.range(of: "->", options: .backwards),
            signature.contains("func ")
        else { return false }
        let parameters = signature[..<arrow.lowerBound]
        let result = signature[arrow.upperBound...]
        let takes =
            parameters.contains(/\bTensor\b/)
            || (owner == "Tensor" && !signature.contains("static "))
        return takes && result.contains(/\bTensor\b/)
    }
}

private let symbols = Result {
    try ["Sources", "Plugins"].flatMap { SourceTree.files($0, ".swift") }.flatMap { file in
        try PublicSymbol.all(in: file).map { (file: file, symbol: $0) }
    }
}

@Test("Every public symbol, case and requirement has a doc comment")
func documented() throws {
    let all = try symbols.get()
    for (file, symbol) in all { #expect(!symbol.comment.isEmpty, "\(file): \(symbol.line)") }
    #expect(all.count > 3000)
    #expect(all.contains { $0.symbol.line == "    case bfloat16 = 15" })
    #expect(
        all.contains {
            $0.file.hasSuffix("/Hook.swift") && $0.symbol.line.contains("func afterIteration")
        })
}

@Test("The comment of a public function from tensors to tensors says their shapes")
func shapes() throws {
    let functions = try symbols.get().filter { $0.symbol.mapsTensors }
    for (file, symbol) in functions {
        #expect(symbol.comment.contains(/`[^`]*\[[^`]*`/), "\(file): \(symbol.line)")
    }
    #expect(functions.count > 150)
}
