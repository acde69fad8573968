import DenseKitCommandLine
import DenseKitCore
import DenseKitDatasets
import Foundation
import Testing

private struct Scores: Decodable {
    struct Class: Decodable {
        let name: String
        let IoU: Double?
    }
    let mIoU: Double
    let note: String?
    let classes: [Class]
}

/// The small run's data under another configuration, with these lines beside its data set.
private func otherData(_ lines: String, in folder: URL) throws {
    let text = """
        data:
          val:
            type: ADE20K
            root: data
            split: validation
        \(lines.split(separator: "\n").map { "    \($0)\n" }.joined())  test_pipeline:
            - { type: Normalize }
        """
    try Data(text.utf8).write(to: folder.appending(path: "other.yaml"))
}

@Suite("Other data and score maps", .serialized) struct CrossDomainTests {
    @Test("The shared classes of another data set are measured; with all of them, as on one's own")
    func measures() throws {
        try withRun { folder in
            func run(_ arguments: String...) throws -> ProcessResult {
                try runDensekit(arguments, in: folder)
            }
            let trained = try run(
                "train", "run.yaml", "--work-dir", "w", "--set", "train.iterations=2")
            #expect(trained.status == 0, "\(trained.errors)")
            func scores(_ options: [String]) throws -> Scores {
                let result = try runDensekit(
                    ["test", "run.yaml", "w/iter_2", "--out", "scores.json"] + options, in: folder)
                #expect(result.status == 0, "\(result.errors)")
                return try JSONDecoder().decode(
                    Scores.self, from: Data(contentsOf: folder.appending(path: "scores.json")))
            }
            let own = try scores([])
            let all = DemoScene.classes.names.map { "  \($0): [\($0)]\n" }.joined()
            try otherData("class_map:\n" + all, in: folder)
            let other = try scores(["--dataset", "other.yaml"])
            #expect(other.mIoU == own.mIoU && other.classes.map(\.IoU) == own.classes.map(\.IoU))
            #expect(
                other.note
                    == "8 of the data set's 8 classes are known to the model; 0 of its 8 are none of them and count as wrong"
            )

            try otherData(
                "class_map:\n  tree: [tree, grass]\n  sky: sky\nunmapped_prediction: wrong",
                in: folder)
            let wrong = try run(
                "test", "run.yaml", "w/iter_2", "--dataset", "other.yaml", "--show-dir", "s")
            #expect(
                wrong.status == 0
                    && wrong.output.hasPrefix(
                        "2 of the data set's 8 classes are known to the model; 5 of its 8"),
                "\(wrong)")
            let shared = try scores(["--dataset", "other.yaml"])
            #expect(shared.classes.map(\.name) == ["sky", "tree"])
            try otherData(
                "class_map:\n  tree: [tree, grass]\n  sky: sky\nunmapped_prediction: excluded",
                in: folder)
            for options in [[], ["--tta"]] {
                let excluded = try scores(["--dataset", "other.yaml"] + options)
                #expect(excluded.mIoU > 0 && excluded.note?.hasSuffix("are excluded") == true)
            }

            for (lines, message) in [
                (
                    "class_map: {tree: [tre]}",
                    "other.yaml:6:24: class_map: the model has no class 'tre'; did you mean 'tree'?"
                ),
                (
                    "class_map: {trie: [tree]}",
                    "other.yaml:6:17: class_map: the data set has no class 'trie'; did you mean 'tree'?"
                ),
                (
                    "class_map: {tree: [tree]}\nsource_classes: COCOStuff10k",
                    "other.yaml:7:21: the class_map is written for models of COCOStuff10k, and run.yaml has data of ADE20K; use a model "
                        + "of COCOStuff10k, or write a map for the classes of ADE20K"
                ),
                (
                    "class_map: {tree: [tree]}\nunmapped_prediction: left",
                    "unmapped_prediction: 'left' is none of wrong, excluded"
                ),
                (
                    "classes: [a, b, c, d, e, f, g, h]",
                    "the data set of other.yaml has other classes than the model: a class_map beside its settings says which are the same"
                ),
            ] {
                try otherData(lines, in: folder)
                let refused = try run("test", "run.yaml", "w/iter_2", "--dataset", "other.yaml")
                #expect(
                    refused.status != 0 && refused.errors.contains(message), "\(refused.errors)")
            }

            let learning = try run(
                "train", "run.yaml", "--work-dir", "x", "--set",
                "data.train.class_map={tree: [tree]}")
            #expect(
                learning.status != 0
                    && learning.errors.contains(
                        "class_map: a model is trained on the classes of its own data"),
                "\(learning)")
        }
    }

    @Test("The score map of a class is drawn over the image")
    func heatmap() throws {
        try withRun { folder in
            let trained = try runDensekit(
                ["train", "run.yaml", "--work-dir", "w", "--set", "train.iterations=1"], in: folder)
            #expect(trained.status == 0, "\(trained.errors)")
            func infer(_ options: String...) throws -> ProcessResult {
                try runDensekit(
                    [
                        "infer", "run.yaml", "w/iter_1", "data/images/validation/4.jpg",
                        "--out-dir", "o",
                    ] + options, in: folder)
            }
            let drawn = try infer("--heatmap", "tree", "--opacity", "1")
            #expect(drawn.status == 0 && drawn.output == "o/heat/4.png\n", "\(drawn)")
            let picture = try ImageFile.read(folder.appending(path: "o/heat/4.png").path)
            #expect(picture.height == 64 && picture.width == 64)
            // The whole span of colours: somewhere the least score, somewhere the largest.
            let pixels = stride(from: 0, to: picture.pixels.count, by: 3).map {
                Array(picture.pixels[$0..<$0 + 3])
            }
            #expect(pixels.contains([0, 0, 127]) && pixels.contains([127, 0, 0]))
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "o/vis").path))

            let lost = try infer("--heatmap", "tre")
            #expect(
                lost.status != 0
                    && lost.errors.contains(
                        "--heatmap: the model has no class 'tre'; did you mean 'tree'?"),
                "\(lost)")
            let both = try infer("--heatmap", "tree", "--classes", "a,b")
            #expect(
                both.status == 64
                    && both.errors.contains("--heatmap and --classes exclude each other"))
            let plain = ["--set", "model.prompter=null"]
            _ = try runDensekit(
                ["train", "run.yaml", "--work-dir", "p", "--set", "train.iterations=1"] + plain,
                in: folder)
            let none = try runDensekit(
                [
                    "infer", "run.yaml", "p/iter_1", "data/images/validation/4.jpg", "--heatmap",
                    "tree",
                ] + plain, in: folder)
            #expect(
                none.status != 0
                    && none.errors.contains("a model without prompter has no score map"), "\(none)")
        }
    }

    @Test(
        "The shipped class maps have as many shared classes as the paper",
        arguments: [
            ("pascal_voc12", PascalVOC.benchmark.names, 17),
            ("pascal_context_59", Array(PascalContext.benchmark.names.dropFirst()), 45),
            ("cityscapes", Cityscapes.benchmark.names, 12), ("isaid", ISAID.benchmark.names, 3),
        ])
    func shipped(_ name: String, _ classes: [String], _ count: Int) throws {
        let file = packageFolder.appending(path: "configs/_base_/cross_domain/\(name).yaml").path
        let configuration: ExperimentConfiguration = try YAMLNode.load(path: file).decode()
        let node = try #require(configuration.data.val)
        let map = try #require(
            try node.classMap(model: COCOStuff.benchmark.names, dataset: classes))
        #expect(
            map.names.count == count && map.mappedClasses.count == count && map.unmapped == .wrong)
        #expect(configuration.test.mode == .slide)
        #expect(try configuration.test.inferenceMode == .slide(crop: 512, stride: 341))
    }

    @Test("They are all there is")
    func allShipped() throws {
        let folder = packageFolder.appending(path: "configs/_base_/cross_domain").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(
            Set(files) == [
                "pascal_voc12.yaml", "pascal_context_59.yaml", "cityscapes.yaml", "isaid.yaml",
            ])
    }
}
