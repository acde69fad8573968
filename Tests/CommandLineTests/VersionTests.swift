import DenseKitCore
import Foundation
import Testing

@Suite struct VersionTests {
    @Test("The version is the changelog's first versioned heading, and three numbers")
    func changelog() throws {
        let text = try String(
            contentsOf: packageFolder.appending(path: "docs/changelog.md"), encoding: .utf8)
        let heading = try #require(text.firstMatch(of: /\n## (\d\S*)/))
        #expect(heading.1 == DenseKitVersion.current)
        #expect(DenseKitVersion.current.wholeMatch(of: /\d+\.\d+\.\d+/) != nil)
    }

    @Test("--version and doctor print it")
    func printed() throws {
        let version = try runDensekit(["--version"], in: packageFolder)
        #expect(
            version.status == 0 && version.output == DenseKitVersion.current + "\n", "\(version)")
        let doctor = try runDensekit(["doctor"], in: packageFolder).output
        #expect(doctor.contains("\(DenseKitVersion.current)\n"), "\(doctor)")
    }

    @Test("The changelog's headings are versions, and Added, Changed, Fixed in this order")
    func headings() throws {
        let text = try String(
            contentsOf: packageFolder.appending(path: "docs/changelog.md"), encoding: .utf8)
        let kinds = ["Added", "Changed", "Fixed"]
        var last: Int?
        for line in text.split(separator: "\n") where line.hasPrefix("##") {
            guard line.hasPrefix("### ") else {
                #expect(
                    line.wholeMatch(of: /## \d+\.\d+\.\d+ \((not released|\d{4}-\d{2}-\d{2})\)/)
                        != nil, "\(line)")
                last = -1
                continue
            }
            let kind = try #require(kinds.firstIndex(of: String(line.dropFirst(4))), "\(line)")
            #expect(kind > last ?? kinds.count, "\(line) stands out of order")
            last = kind
        }
        #expect(last != nil)
    }
}
