import Testing

/// A declaration of a type or an extension: its file, its name, what it conforms to and its body.
private struct Declaration {
    let file: String
    let name: String
    let conformances: Set<String>
    let body: Substring

    /// Those of `text` that conform to anything.
    static func all(in file: String, _ text: String) -> [Declaration] {
        let pattern =
            /\b(?:struct|enum|class|actor|protocol|extension) ([\w.]+)(?:<[^{]*?>)?: ([^{]*?)\{/
        return text.matches(of: pattern).map { match in
            let names = match.2.split { ",& \n".contains($0) }.map(String.init)
            return Declaration(
                file: file, name: String(match.1), conformances: Set(names),
                body: body(text[match.range.upperBound...]))
        }
    }

    /// What stands before the brace that closes.
    private static func body(_ rest: Substring) -> Substring {
        var depth = 1
        for index in rest.indices {
            if rest[index] == "{" { depth += 1 }
            if rest[index] == "}" { depth -= 1 }
            if depth == 0 { return rest[..<index] }
        }
        return rest
    }
}

private func declarations() throws -> [Declaration] {
    try ["Sources", "Plugins"].flatMap { SourceTree.files($0, ".swift") }.flatMap { file in
        Declaration.all(in: file, try SourceTree.text(file))
    }
}

@Test(
    "Every error says place, problem, remedy and origin: it conforms to DenseKitError and leaves the text to it"
)
func errors() throws {
    let all = try declarations()
    let bare = all.filter {
        !$0.conformances.isDisjoint(with: ["Error", "LocalizedError", "CustomNSError"])
    }
    #expect(bare.map(\.name) == ["DenseKitError"], "\(bare.map { "\($0.file): \($0.name)" })")
    let errors = all.filter { $0.conformances.contains("DenseKitError") }
    #expect(errors.count > 40)
    let names = Set(errors.map(\.name))
    for declaration in all where names.contains(declaration.name) {
        #expect(
            !declaration.body.contains(/\b(?:var|let) description\b/),
            "\(declaration.file): \(declaration.name)")
    }
}

@Test("The library names no option and no command of the command line: that is what terms are for")
func options() throws {
    // Options of compilers and tools that messages or calls need.
    let foreign = ["--build-id", "--unresolved-symbols", "--notest", "--no-deps"]
    for file in ["Sources", "Plugins"].flatMap({ SourceTree.files($0, ".swift") }) {
        guard !file.hasPrefix("Sources/CommandLine/"), !file.hasPrefix("Sources/densekit/") else {
            continue
        }
        // Comments, also those of a configuration in a string, may.
        for line in try SourceTree.text(file).split(separator: "\n")
        where !line.contains(/^\s*(?:\/\/|#)/) {
            var text = String(line)
            for option in foreign { text = text.replacing(option, with: "") }
            #expect(!text.contains(#/--[a-z]|`densekit /#), "\(file): \(line)")
        }
    }
}
