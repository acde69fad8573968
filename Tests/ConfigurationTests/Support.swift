import DenseKitConfiguration
import Foundation
import TemporaryFolders
import Testing

/// The message of the `ConfigurationError` that `body` throws; another error or none fails the
/// test.
func message(_ comment: Comment, of body: () throws -> Void) -> String {
    do {
        try body()
        Issue.record("no error: \(comment)")
        return ""
    } catch let error as ConfigurationError {
        #expect(!error.description.contains("\n"), comment)
        return error.description
    } catch {
        Issue.record("\(error) is no ConfigurationError: \(comment)")
        return ""
    }
}

/// A folder of files for the time of a test.
final class Folder {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    init(_ files: [String: String]) throws {
        folder = try TemporaryFolder()
        for (name, text) in files { try folder.write(name, Array(text.utf8)) }
    }

    func load(
        _ name: String = "a.yaml", overrides: [String] = [], environment: [String: String] = [:]
    ) throws -> YAMLNode {
        try YAMLNode.load(path: "\(path)/\(name)", overrides: overrides, environment: environment)
    }

    /// The error's message with paths relative to the folder.
    func message(
        _ name: String = "a.yaml", overrides: [String] = [], environment: [String: String] = [:]
    ) -> String {
        let text = ConfigurationTests.message("\(name) \(overrides)") {
            _ = try load(name, overrides: overrides, environment: environment)
        }
        return text.replacing("\(path)/", with: "")
    }
}

func parse(_ yaml: String, environment: [String: String] = [:]) throws -> YAMLNode {
    try YAMLNode.parse(yaml, file: "a.yaml", environment: environment)
}
