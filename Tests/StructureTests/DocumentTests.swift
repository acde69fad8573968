import Foundation
import Testing

private let documents = ["README.md"] + SourceTree.files("docs", ".md")

@Test("Every link from one document to a file of the package leads somewhere", arguments: documents)
func links(document: String) throws {
    let folder = URL(filePath: document, relativeTo: SourceTree.root).deletingLastPathComponent()
    for match in try SourceTree.text(document).matches(of: /\]\(([^)#\s]+)[^)]*\)/) {
        let link = String(match.1)
        guard !link.contains("://") else { continue }
        let exists = FileManager.default.fileExists(atPath: folder.appending(path: link).path)
        #expect(exists, "\(document) links to \(link)")
    }
}

@Test(
    "Every file of the repository that a page of the DocC catalogue names is there, and CI builds the catalogue"
)
func catalogue() throws {
    let pages = SourceTree.files("Sources/DenseKit/DenseKit.docc", ".md")
    var names: Set<String> = []
    for page in pages {
        for match in try SourceTree.text(page).matches(of: /`(docs\/[^`]*)`/) {
            names.insert(String(match.1))
        }
    }
    for name in names {
        #expect(
            FileManager.default.fileExists(atPath: SourceTree.root.appending(path: name).path),
            "\(name)")
    }
    #expect(pages.count >= 5 && names.count > 5)
    #expect(try SourceTree.text(".ci/run").contains("\n.ci/documentation "))
}

@Test("Every page of the documentation is reached from the README")
func reached() throws {
    let readme = try SourceTree.text("README.md")
    for page in documents where page.split(separator: "/").count == 2 {
        #expect(readme.contains("(\(page))"), "\(page)")
    }
    #expect(documents.count > 10)
}

@Test("The README begins with what it is and two commands, each on one line")
func readme() throws {
    let text = try SourceTree.text("README.md")
    let blocks = text.matches(of: /```bash\n(.*?)```/.dotMatchesNewlines()).map {
        $0.1.split(separator: "\n")
    }
    #expect(blocks.count == 2 && blocks.allSatisfy { $0.count == 1 })
    #expect(blocks.first?.first?.hasSuffix("swift run -c release densekit demo") == true)
    #expect(blocks.last?.last?.hasSuffix("swift test --no-parallel") == true)
}
