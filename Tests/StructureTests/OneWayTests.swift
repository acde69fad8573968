import Testing

@Test("Only TrainingStep lets an optimizer take its step, and no command computes gradients itself")
func oneTrainingStep() throws {
    let files = SourceTree.files("Sources", ".swift") + SourceTree.files("Plugins", ".swift")
    #expect(
        try files.filter { try SourceTree.text($0).contains("optimizer.step(") } == [
            "Sources/Training/TrainingStep.swift"
        ])
    let commands = SourceTree.files("Sources/CommandLine", ".swift")
    #expect(commands.count > 20)
    for file in commands { #expect(try !SourceTree.text(file).contains(".backward()"), "\(file)") }
}
