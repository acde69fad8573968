import Foundation

/// The package as it lies on disk, as far as the rules of its structure need it.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The names in `folder`, sorted.
    static func names(_ folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            .sorted()
    }

    /// The files below `folder` that end in `suffix`, as paths from the root, sorted.
    static func files(_ folder: String, _ suffix: String) -> [String] {
        let found =
            FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap {
                $0 as? String
            } ?? []
        return found.filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
    }

    /// What the Swift file at `path` imports; modules of this package without their prefix, as in
    /// `Package.swift`.
    static func imports(_ path: String) throws -> Set<String> {
        let pattern =
            /^\s*(?:@\w+ |internal |private |fileprivate |public |package )*import (?:struct |class |enum |func |let |var |protocol |typealias )?(\w+)/
        var names: Set<String> = []
        var isInString = false  // Swift within a string of several lines is not this file's
        for line in try text(path).split(separator: "\n") {
            if line.contains("\"\"\"") { isInString.toggle() }
            if !isInString, let match = try? pattern.prefixMatch(in: line) {
                names.insert(short(String(match.1)))
            }
        }
        return names
    }

    /// `DenseKitData` → `Data`, `CDenseKitZlib` → `CZlib`.
    static func short(_ module: String) -> String {
        if module.hasPrefix("CDenseKit") { return "C" + module.dropFirst(9) }
        return module.hasPrefix("DenseKit") && module != "DenseKit"
            ? String(module.dropFirst(8)) : module
    }
}

/// The targets of `Package.swift` with what each depends on directly.
struct Manifest {
    let dependencies: [String: Set<String>]

    init() throws {
        let text = try SourceTree.text("Package.swift")
        var found: [String: Set<String>] = [:]
        // core("Torch", ["CTorch"] + engine.blas), plugin("FPN"), .target(name: "Tokenizer",
        // dependencies: ["CZlib"], …)
        let pattern =
            /(core|plugin|test|\.target|\.executableTarget|\.systemLibrary)\(\s*(?:name: )?"(\w+)"/
        for match in text.matches(of: pattern) {
            let kind = match.1
            let name = String(match.2)
            let rest = Manifest.arguments(text[match.range.upperBound...])
            let list = rest.firstMatch(of: /\[([^\]]*)\]/)?.1 ?? ""
            var names = Set(list.matches(of: /"(\w+)"/).map { String($0.1) })
            if kind == "plugin" { names.insert("Core") }
            if rest.contains("engine.blas") { names.insert("COpenBLAS") }
            if rest.contains("families.map") { names.formUnion(try Manifest.families(text)) }
            found[kind == "test" ? name + "Tests" : name] = names
        }
        dependencies = found
    }

    /// The text up to the bracket that closes the call.
    private static func arguments(_ text: Substring) -> Substring {
        var depth = 1
        return text.prefix { character in
            depth += character == "(" ? 1 : character == ")" ? -1 : 0
            return depth > 0
        }
    }

    private static func families(_ text: String) throws -> [String] {
        let list = text.firstMatch(of: /let families = \[([^\]]*)\]/)?.1 ?? ""
        return list.matches(of: /"(\w+)"/).map { String($0.1) }
    }

    /// Everything that `target` may import of this package: its dependencies and theirs.
    func reachable(from target: String) -> Set<String> {
        var seen: Set<String> = []
        var waiting = Array(dependencies[target] ?? [])
        while let next = waiting.popLast() {
            if seen.insert(next).inserted { waiting += dependencies[next] ?? [] }
        }
        return seen
    }
}
