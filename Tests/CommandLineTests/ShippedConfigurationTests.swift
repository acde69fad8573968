import Foundation
import Testing

/// The configurations that train something: all but the parts in `configs/_base_`.
private let shipped: [String] = {
    let folder = packageFolder.appending(path: "configs").path
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("_base_/") }.map { "configs/\($0)" }.sorted()
}()

@Suite("Shipped configurations", .serialized)
struct ShippedConfigurationTests {
    @Test("There are some")
    func count() { #expect(shipped.count >= 16) }

    @Test("Opens with what it reproduces, the expected number, the cost and the command", arguments: shipped)
    func header(file: String) throws {
        let text = try String(contentsOf: packageFolder.appending(path: file), encoding: .utf8)
        let comment = text.split(separator: "\n").prefix { $0.hasPrefix("#") }.joined(separator: "\n")
        for part in ["Reproduces:", "mIoU", "Cost:", "Weights:", "densekit train \(file) ", "densekit test \(file) "] {
            #expect(comment.contains(part), "\(file) has no '\(part)' in its first comment")
        }
    }

    @Test("Builds for 150 classes without data or vocabulary", arguments: shipped)
    func builds(file: String) throws {
        let isPrompted = file.contains("denseclip")
        let arguments = ["show", file, "--classes", "150"] + (isPrompted ? ["--set", "model.prompter.tokenizer=bytes"] : [])
        let result = try runDensekit(arguments, in: packageFolder)
        #expect(result.status == 0, "\(result.errors)")
        let count = result.output.firstMatch(of: /\(([\d,]+) of them learn\)/).map { $0.1.filter { $0 != "," } }
        let millions = (Double(String(count ?? "")) ?? 0) / 1e6
        #expect(abs(millions - expected(file)) < 0.006, "\(file): \(millions) M parameters")
    }

    /// What the paper counts: the released variant learns the text encoder too, here one for bytes.
    private func expected(_ file: String) -> Double {
        if file.contains("released") || file.contains("text-lr") { return 113.91 - Double(49408 - 258) * 512 / 1e6 }
        if file.contains("_contexts") { return 46.30 }
        if file.contains("_template") { return 50.244 }
        if file.contains("_pre") { return 116.80 - 63.66 }
        if file.contains("semantic_fpn") { return file.contains("r101") ? 50.03 : 31.04 }
        if file.contains("in1k-r50") { return 48.80 }
        return file.contains("r101") ? 67.80 : 50.25
    }
}
