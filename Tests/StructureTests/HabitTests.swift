import Foundation
import Testing

@Test("The workflow runs .ci/run alone, with the Swift that the README names")
func workflow() throws {
    let workflow = try SourceTree.text(".github/workflows/ci.yml")
    let swift = try #require(
        try SourceTree.text("README.md").firstMatch(of: /\[Swift (\d+\.\d+)\]/)
    ).1
    #expect(workflow.contains("container: swift:\(swift)-bookworm\n"))
    #expect(
        workflow.matches(of: /- run: (.*)/).map { String($0.1) }.filter {
            !$0.hasPrefix("git config ")
        } == [".ci/run"])
}

@Test(
    "Scripts of CI can be executed, and stop at the first error",
    arguments: ["run", "release", "example", "documentation"])
func scripts(name: String) throws {
    #expect(
        FileManager.default.isExecutableFile(
            atPath: SourceTree.root.appending(path: ".ci/\(name)").path))
    let text = try SourceTree.text(".ci/\(name)")
    #expect(text.hasPrefix("#!/bin/bash\n") && text.contains("\nset -euo pipefail\n"))
}
