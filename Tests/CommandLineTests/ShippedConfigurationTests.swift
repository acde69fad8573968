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
    func count() { #expect(shipped.count >= 26) }

    @Test("Opens with what it reproduces, the expected number, the cost and the command", arguments: shipped)
    func header(file: String) throws {
        let text = try String(contentsOf: packageFolder.appending(path: file), encoding: .utf8)
        let comment = text.split(separator: "\n").prefix { $0.hasPrefix("#") }.joined(separator: "\n")
        let measure = file.contains("_1x_coco") ? "box AP" : "mIoU"
        for part in ["Reproduces:", measure, "Cost:", "Weights:", "densekit train \(file) ", "densekit test \(file) "] {
            #expect(comment.contains(part), "\(file) has no '\(part)' in its first comment")
        }
    }
}
