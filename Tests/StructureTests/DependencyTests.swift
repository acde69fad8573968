import Testing

/// Plugins that bring a whole method; the others are families of building blocks.
let methods: Set<String> = ["DenseCLIP", "CLIPSP", "ICPC"]
private let plugins = Set((try? SourceTree.names("Plugins")) ?? [])

@Test("The top level holds what it should, beside hidden files and what git ignores")
func topLevel() throws {
    let ignored = Set(
        try SourceTree.text(".gitignore").split(separator: "\n").map { $0.filter { $0 != "/" } })
    let names = Set(try SourceTree.names().filter { !$0.hasPrefix(".") && !ignored.contains($0) })
    #expect(
        names == [
            "Package.swift", "Sources", "Plugins", "Tests", "configs", "docs", "README.md",
            "LICENSE",
        ])
}

@Test(
    "Sources import no plugin; only the library as a whole and the executable do, and only the lists of built-in ones"
)
func core() throws {
    let files = SourceTree.files("Sources", ".swift")
    #expect(files.count > 100 && plugins.isSuperset(of: ["CLIP", "DenseCLIP", "BuiltIn"]))
    for file in files {
        let imported = try SourceTree.imports(file).intersection(plugins)
        let lists: Set<String> =
            switch file {
            case "Sources/densekit/main.swift": ["BuiltInVerification"]
            case _ where file.hasPrefix("Sources/DenseKit/"): ["BuiltIn"]
            default: []
            }
        #expect(imported == lists, "\(file) imports \(imported)")
    }
}

@Test(
    "Families import no method, methods no other method, and plugins the core as a whole; nothing imports the list of built-in ones"
)
func families() throws {
    let parts: Set = ["NN", "Torch", "CTorch", "Components", "Training", "DenseKit"]
    for file in SourceTree.files("Plugins", ".swift") {
        let owner = String(file.split(separator: "/")[1])
        guard !owner.hasPrefix("BuiltIn") else { continue }
        let imported = try SourceTree.imports(file)
        #expect(imported.isDisjoint(with: methods.subtracting([owner])), "\(file) imports a method")
        #expect(imported.isDisjoint(with: ["BuiltIn", "BuiltInVerification"]), "\(file)")
        #expect(
            imported.isDisjoint(with: parts),
            "\(file) imports \(imported.intersection(parts)), which DenseKitCore brings")
        let others = imported.intersection(plugins)
        #expect(
            others.isEmpty || others == ["Tokenizer"]
                || methods.union(["LanguageGuidance"]).contains(owner),
            "\(file) imports \(others): only methods, and what they share, build on other families")
    }
}

@Test(
    "Every file imports only what its target's line in Package.swift names, or what that brings along"
)
func manifest() throws {
    let manifest = try Manifest()
    let targets = Set(manifest.dependencies.keys)
    #expect(
        manifest.dependencies["DenseCLIP"] == ["CLIP", "Core", "LanguageGuidance"]
            && manifest.dependencies["Tokenizer"] == ["CZlib", "Errors", "Foundations"])
    #expect(
        manifest.dependencies["BuiltIn"]?.contains("DenseCLIP") == true
            && targets.contains("densekit"))
    for folder in ["Sources", "Plugins", "Tests"] {
        for file in SourceTree.files(folder, ".swift") {
            let target = String(file.split(separator: "/")[1])
            #expect(targets.contains(target), "\(file) belongs to no target")
            let undeclared = try SourceTree.imports(file).intersection(targets).subtracting(
                manifest.reachable(from: target))
            #expect(
                undeclared.isEmpty,
                "\(file) imports \(undeclared), which \(target) does not depend on")
        }
    }
}

@Test("The engine's C layer is imported by Torch alone, and every C library by those who need it")
func engine() throws {
    let owners: [String: Set<String>] = [
        "CTorch": ["Torch"], "CLaunch": ["Distributed"], "COpenBLAS": ["Torch"],
        "CYAML": ["Configuration"],
        "CTurboJPEG": ["Data"], "CPNG": ["Data"],
        "CSimdjson": ["Data"],
        "CZlib": ["Checkpoints", "Tokenizer"],
    ]
    for folder in ["Sources", "Plugins"] {
        for file in SourceTree.files(folder, ".swift") {
            let target = String(file.split(separator: "/")[1])
            for library in try SourceTree.imports(file) {
                #expect(owners[library]?.contains(target) ?? true, "\(file) imports \(library)")
            }
        }
    }
}

@Test("No Swift file has more than 400 lines")
func sizes() throws {
    for file in ["Sources", "Plugins", "Tests"].flatMap({ SourceTree.files($0, ".swift") }) {
        let lines = try SourceTree.text(file).split(
            separator: "\n", omittingEmptySubsequences: false
        ).count
        #expect(lines <= 401, "\(file) has \(lines) lines: split it by subject")
    }
}

@Test("The package's version stands in one file of Swift")
func version() throws {
    let files = ["Sources", "Plugins"].flatMap { SourceTree.files($0, ".swift") }
    let found = try files.filter { try SourceTree.text($0).contains(/"\d+\.\d+\.\d+"/) }
    #expect(found == ["Sources/Components/DenseKitVersion.swift"])
}

@Test("What a file is compiled with or without is a module that there is")
func conditions() throws {
    let targets = Set(try Manifest().dependencies.keys)
    for file in ["Sources", "Plugins", "Tests"].flatMap({ SourceTree.files($0, ".swift") }) {
        for match in try SourceTree.text(file).matches(of: /#if canImport\((\w+)\)/) {
            #expect(
                targets.contains(SourceTree.short(String(match.1))), "\(file) asks for \(match.1)")
        }
    }
}
