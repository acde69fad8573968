import Testing

/// The names that belong to methods: what their plugins, and those of their golden cases, register,
/// and how papers and files spell the methods themselves.
private struct MethodNames {
    let registered: Set<String>

    init() throws {
        var found: Set<String> = []
        for folder in methods.flatMap({ ["Plugins/\($0)", "Plugins/\($0)Verification"] }) {
            for file in SourceTree.files(folder, ".swift") {
                // registry.prompters.register("ICPC", …), procedures.registerDraws("image_draws",
                // "label_draws")
                let calls = try SourceTree.text(file).matches(
                    of: /\.register(?:Model|Draws)?\(\s*((?:"\w+"[,\s]*)+)/)
                for call in calls {
                    found.formUnion(call.1.matches(of: /"(\w+)"/).map { String($0.1) })
                }
            }
        }
        registered = found.subtracting(["MLP"])  // a term of the field, not of a method
    }

    /// The names of methods in `text`, whatever it is: code, string or comment.
    func found(in text: String) -> Set<String> {
        var names = Set(
            text.matches(of: /dense[-_ ]?clip|clip[-_ ]?sp(?![a-z])|icpc/.ignoresCase()).map {
                String($0.0)
            })
        let words = Set(text.matches(of: /\w+/).map { String($0.0) })
        names.formUnion(words.intersection(registered))
        return names
    }
}

@Test("The core names no method and no part of one, in code, strings or comments")
func methodNames() throws {
    let names = try MethodNames()
    #expect(
        names.registered.isSuperset(of: [
            "DenseCLIP", "CLIPSP", "ICPC", "DualGraphFormer", "SceneRefinement",
            "AlignGuidedContrast", "icpc_prompt",
            "clip_sp_targets", "image_draws",
        ]))
    #expect(
        names.found(in: "as CLIP-SP's clipSP and clip_sp, DenseCLIP or icpc_fpn do; a SceneTargets")
            .count == 6)
    #expect(names.found(in: "CLIP clips splits, a clipSpan, prompts: scenes").isEmpty)
    var files = 0
    for file in SourceTree.files("Sources", "")
    where file.hasSuffix(".swift") || file.hasSuffix(".h") || file.hasSuffix(".cpp") {
        let found = names.found(in: file).union(names.found(in: try SourceTree.text(file)))
        #expect(
            found.isEmpty,
            "\(file) names \(found.sorted()): a plugin, or a file of configs/, says that")
        files += 1
    }
    #expect(files > 250)
}

@Test(
    "Golden cases are run by the command line, the executable and plugins of their own; the library carries nothing of it"
)
func verification() throws {
    for folder in ["Sources", "Plugins"] {
        for file in SourceTree.files(folder, ".swift") {
            let owner = String(file.split(separator: "/")[1])
            let mayImport =
                owner.hasSuffix("Verification") || ["CommandLine", "densekit"].contains(owner)
            let imported = try SourceTree.imports(file).filter { $0.hasSuffix("Verification") }
            #expect(imported.isEmpty || mayImport, "\(file) imports \(imported)")
        }
    }
    let manifest = try Manifest()
    let carried = manifest.reachable(from: "DenseKit")
    #expect(
        carried.isSuperset(of: ["BuiltIn", "ICPC", "Core"])
            && !carried.contains { $0.hasSuffix("Verification") })
    #expect(
        manifest.reachable(from: "densekit").isSuperset(
            of: methods.subtracting(["DenseCLIP"]).map { $0 + "Verification" }))
}
