import DenseKitComponents
import Foundation
import Testing

@testable import DenseKitTraining

/// The setting and the warnings of a configuration in FILE over one in BASE, with assignments.
private func grouping(_ own: String, base: String = "", _ overrides: [String] = []) throws -> (
    value: Int, warnings: [String]
) {
    try withTemporaryFolder { folder in
        let file = "\(folder)/own.yaml"
        try Data(base.utf8).write(to: URL(filePath: "\(folder)/base.yaml"))
        try Data("_base_: base.yaml\n\(own)".utf8).write(to: URL(filePath: file))
        let experiment = try Experiment(file, overrides: overrides, registry: Registry([]))
        return (
            experiment.configuration.data.aspectRatioGrouping,
            experiment.renamingWarnings.map { $0.replacing(folder + "/", with: "") }
        )
    }
}

private let old = "data: {orientation_run: 3}\n"
private let new = "data: {aspect_ratio_grouping: 2}\n"

@Suite("The old name of a setting keeps its effect, with a warning") struct RenamedSettingTests {
    @Test func alone() throws {
        let found = try grouping(old)
        #expect(found.value == 3)
        #expect(
            found.warnings == [
                "own.yaml:2:8: data.orientation_run has a new name: write data.aspect_ratio_grouping"
            ])
        #expect(try grouping(new).warnings.isEmpty)
    }

    @Test("The one that was written over the other stands") func order() throws {
        #expect(try grouping(old, base: new).value == 3)
        #expect(try grouping(new, base: old).value == 2)
        #expect(try grouping(new, ["data.orientation_run=4"]).value == 4)
        #expect(try grouping(old, ["data.aspect_ratio_grouping=5"]).value == 5)
    }

    @Test func both() {
        let error = #expect(throws: ConfigurationError.self) {
            try grouping("data: {orientation_run: 3, aspect_ratio_grouping: 2}\n")
        }
        #expect(
            error?.problem
                == "data.orientation_run is the old name of data.aspect_ratio_grouping, which is set too (FILE:2:28)"
                .replacing("FILE", with: error?.location.file ?? ""))
    }

    @Test("A wrong value is named where it is written") func wrong() {
        let error = #expect(throws: ConfigurationError.self) {
            try grouping("data: {orientation_run: 0}\n")
        }
        #expect(error?.problem == "data.aspect_ratio_grouping: expected 1…65536, found 0")
        #expect(error.map { "\($0)".contains("own.yaml:2:25") } == true)
    }
}
