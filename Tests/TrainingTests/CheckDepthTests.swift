import DenseKitComponents
import Foundation
import Testing

@testable import DenseKitTraining

/// What a check of the small run finds with other settings, and the lines that it says.
private func check(
    _ depth: ExperimentCheck.Depth, _ overrides: [String] = [], noise: String = ""
) throws -> (problems: [String], lines: [String], images: Int?) {
    try withTemporaryFolder { folder in
        let run = try SmallRun(in: folder, noise: noise)
        var check = ExperimentCheck(
            run.experiment.file, overrides: overrides + ["work_dir=\(folder)/other"],
            registry: run.experiment.registry,
            device: depth == .shapes ? .meta : .cpu)
        check.depth = depth
        var lines: [String] = []
        check.run { lines.append($0) }
        let problems = check.findings.problems.map { $0.replacing(folder + "/", with: "") }
        return (problems, lines, check.trainingImages)
    }
}

@Suite struct CheckDepthTests {
    @Test("A check of shapes reads no image and takes no step")
    func shapes() throws {
        let shapes = try check(.shapes, noise: "damaged: [0, 1, 2, 3, 4, 5]")
        #expect(shapes.problems.isEmpty && shapes.images == 6, "\(shapes.problems)")
        #expect(shapes.lines.count == 2 && shapes.lines[1].hasPrefix("model: "), "\(shapes.lines)")
        let whole = try check(.whole, noise: "damaged: [0, 1, 2, 3, 4, 5]")
        #expect(whole.problems.contains { $0.contains("0.jpg: is damaged") }, "\(whole.problems)")
        #expect(
            try check(.whole).lines.contains {
                $0.hasPrefix("one step on 2 images: decode.loss_ce: ")
            })
    }

    @Test(
        "Mistakes of recipe, data and model are found together, at either depth",
        arguments: [true, false])
    func together(isWhole: Bool) throws {
        let overrides = [
            "optimizer.lr=-1", "data.val={type: Noise, classes: [light, gloomy]}",
            "model.head.channels=0",
        ]
        let problems = try check(isWhole ? .whole : .shapes, overrides).problems
        let expected = [
            "override optimizer.lr=-1", "override model.head.channels=0",
            "data.train and data.val have different classes (class 1 is 'dark' and 'gloomy')",
        ]
        #expect(problems.count == 3, "\(problems)")
        for text in expected {
            #expect(problems.contains { $0.hasPrefix(text) }, "\(text): \(problems)")
        }
    }

    @Test(
        "A model of which nothing is trained is found at either depth, and told once",
        arguments: [true, false])
    func frozen(isWhole: Bool) throws {
        let problems = try check(
            isWhole ? .whole : .shapes, ["model.freeze=[backbone, decode_head]"]
        ).problems
        #expect(problems.count == 1, "\(problems)")
        #expect(
            problems.first?.contains(
                "no parameter of the model is trained: model.freeze and its parts' settings freeze all"
            )
                == true)
    }
}
