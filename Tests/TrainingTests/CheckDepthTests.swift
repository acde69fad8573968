import DenseKitComponents
import DenseKitData
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

/// A head whose loss is not called one, and one of whose settings is called as if it were.
private final class Marks: Module, SegmentationHead {
    struct Configuration: YAMLConfiguration {
        var criterion = ComponentNode(type: "CrossEntropy")
        var lossless = 1
    }

    let convSeg: Conv2d
    let loss: any Loss

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check("lossless", configuration.lossless, in: 1...9)
        convSeg = try Conv2d(context.features[0].channels, context.classCount, kernel: 1)
        loss = try context.loss(configuration.criterion, for: .pixelClasses)
    }

    func embedding(_ maps: [Tensor]) throws -> Tensor { maps[0] }
    func classify(_ embedding: Tensor) throws -> Tensor { try convSeg(embedding) }
}

private struct MarksPlugin: Plugin {
    func register(in registry: inout Registry) { registry.heads.register("Marks", Marks.init) }
}

@Suite struct CheckDepthTests {
    @Test(
        "With a neck that is unknown, what is wrong with losses of the head is told, by what they are and not by their names",
        arguments: [
            ("{type: Marks, criterion: L1}", "the loss L1 does not fit here"),
            ("{type: Marks, criterion: CrosEntropy}", "unknown loss 'CrosEntropy'"),
            (
                "{type: Marks, criterion: {type: CrossEntropy, weight: -1}}",
                "weight must be 0.0…1000000.0, found -1"
            ),
            ("{type: Marks, lossless: 10}", nil), ("Marks", nil),
        ])
    func lossesByType(_ head: String, _ message: String?) throws {
        try withTemporaryFolder { folder in
            let run = try SmallRun(in: folder)
            var registry = run.experiment.registry
            try registry.install(MarksPlugin())
            var check = ExperimentCheck(
                run.experiment.file, overrides: ["model.neck=FPM", "model.head=\(head)"],
                registry: registry, device: .meta)
            check.depth = .shapes
            check.run { _ in }
            let problems = check.findings.problems
            #expect(problems.count == (message == nil ? 1 : 2), "\(problems)")
            #expect(problems.contains { $0.contains("unknown neck 'FPM'") }, "\(problems)")
            if let message { #expect(problems.contains { $0.contains(message) }, "\(problems)") }
        }
    }

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
