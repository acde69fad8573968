import DenseKitBuiltIn
import DenseKitBuiltInVerification
import DenseKitCore
import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitVerification

/// `Tests/Goldens`.
let goldens = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Goldens")

/// A verifier that knows everything that is built in, as that of `densekit verify`.
func verifier() throws -> Verifier {
    try Verifier(registry: Registry(BuiltIn.plugins), plugins: BuiltInVerification.plugins)
}

/// A folder for the time of a test.
final class Folder {
    private let folder: TemporaryFolder
    var url: URL { folder.url }

    /// - Parameter name: a golden case whose files it holds
    init(copyOf name: String? = nil) throws {
        folder = try TemporaryFolder()
        guard let name else { return }
        for file in try FileManager.default.contentsOfDirectory(atPath: goldens.path)
        where file.hasPrefix(name + ".") {
            try FileManager.default.copyItem(
                at: goldens.appending(path: file), to: url.appending(path: file))
        }
    }

    func path(_ name: String) -> String { url.appending(path: name).path }

    @discardableResult
    func write(_ text: String, _ name: String = "case.json") throws -> String {
        try Data(text.utf8).write(to: url.appending(path: name))
        return path(name)
    }

    /// Changes a JSON file.
    func edit(_ name: String, _ change: (inout [String: Any]) throws -> Void) throws {
        let file = url.appending(path: name)
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        try change(&object)
        try JSONSerialization.data(withJSONObject: object).write(to: file)
    }
}

/// A tolerance in one line.
func within(_ atol: Double = 0, rtol: Double = 0, share: Double? = nil) -> GoldenCase.Tolerance {
    GoldenCase.Tolerance(rtol: rtol, atol: atol, share: share)
}
