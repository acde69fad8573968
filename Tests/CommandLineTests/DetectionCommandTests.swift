import DenseKitCheckpoints
import DenseKitVision
import Foundation
import Testing

/// A JSON file as dictionaries and lists.
private func json(_ file: URL) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(contentsOf: file))
}

/// Names in a folder, in order.
private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
}

@Suite struct DetectionCommandTests {
    @Test(
        "train validates a detector by AP and keeps the best; test, infer, results and drawings go through the same weights"
    )
    func commands() throws {
        try withDetection { folder in
            let trained = try runDensekit(["train", "run.yaml", "--work-dir", "work"], in: folder)
            #expect(trained.status == 0, "\(trained.errors)")
            for part in [
                "Iter(train) [4/4]", "loss_rpn_cls: ", "loss_mask: ", "Evaluated segm:",
                "Iter(val) [2/2]    bbox_mAP: ",
                "  segm_mAP_50: ",
            ] {
                #expect(trained.errors.contains(part), "\(part): \(trained.errors)")
            }
            #expect(
                trained.output.hasPrefix("best segm_mAP ")
                    && trained.output.contains("work/best_segm_mAP_iter_4"))
            try test(in: folder)
            try infer(in: folder)
        }
    }

    private func test(in folder: URL) throws {
        let result = try runDensekit(
            [
                "test", "run.yaml", "work/iter_4", "--out", "scores.json", "--results", "found",
                "--show-dir", "shown",
            ],
            in: folder)
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output.contains(
                "Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = "))
        #expect(result.output.contains("striped box"))
        let scores = try #require(try json(folder.appending(path: "scores.json")) as? [String: Any])
        let figures = [
            "mAP", "mAP_50", "mAP_75", "mAP_s", "mAP_m", "mAP_l", "AR_1", "AR_10", "AR_100", "AR_s",
            "AR_m", "AR_l",
        ]
        #expect(
            Set(scores.keys) == Set(["classes"] + figures.flatMap { ["bbox_\($0)", "segm_\($0)"] }))
        #expect(
            (scores["classes"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == [
                "tree", "ball", "striped box",
            ])
        let found = try #require(
            try json(folder.appending(path: "found.segm.json")) as? [[String: Any]])
        #expect(found.first?.keys.sorted() == ["category_id", "image_id", "score", "segmentation"])
        #expect(
            (try json(folder.appending(path: "found.bbox.json")) as? [[String: Any]])?.count
                == found.count)
        #expect(Set(found.compactMap { $0["image_id"] as? Int }).isSubset(of: [1, 2]))
        #expect(Set(found.compactMap { $0["category_id"] as? Int }).isSubset(of: [1, 2, 3]))
        #expect(try names(folder.appending(path: "shown/vis")) == ["4.png", "5.png"])

        let scales = try runDensekit(["test", "run.yaml", "work/iter_4", "--tta"], in: folder)
        #expect(
            scales.status == 1 && scales.errors.contains("takes every image at one scale"),
            "\(scales.errors)")
    }

    private func infer(in folder: URL) throws {
        let all = try runDensekit(
            [
                "infer", "run.yaml", "work/iter_4", "data/val2017", "--score-threshold", "0",
                "--out-dir", "all",
            ], in: folder)
        #expect(all.status == 0 && all.output == "all/vis/4.png\nall/vis/5.png\n", "\(all.errors)")
        let file = try #require(
            try json(folder.appending(path: "all/pred/4.json")) as? [String: [[String: Any]]])
        let things = try #require(file["instances"])
        let scores = things.compactMap { $0["score"] as? Double }
        #expect(!things.isEmpty && scores == scores.sorted(by: >))
        for thing in things {
            let box = try #require(thing["bbox"] as? [Double])
            #expect(
                box.count == 4 && box[0] >= 0 && box[1] >= 0 && box[0] + box[2] <= 64
                    && box[1] + box[3] <= 64)
            let mask = try #require(thing["segmentation"] as? [String: Any])
            let counts = try #require(mask["counts"] as? String)
            #expect(mask["size"] as? [Int] == [64, 64])
            #expect(throws: Never.self) {
                try RunLengthMask(compressed: counts, size: Size2D(height: 64, width: 64))
            }
        }
        // Small pictures are enlarged, so that names can be read.
        let picture = try Data(contentsOf: folder.appending(path: "all/vis/4.png"))
        #expect(Array(picture[16..<24]) == [0, 0, 1, 64, 0, 0, 1, 64])

        let none = try runDensekit(
            [
                "infer", "run.yaml", "work/iter_4", "data/val2017/4.jpg", "--score-threshold", "1",
                "--out-dir", "none",
            ], in: folder)
        #expect(none.status == 0, "\(none.errors)")
        let empty = try json(folder.appending(path: "none/pred/4.json")) as? [String: [Any]]
        #expect(empty?["instances"]?.isEmpty == true)

        let words = try runDensekit(
            ["infer", "run.yaml", "work/iter_4", "data/val2017/4.jpg", "--classes", "a, b"],
            in: folder)
        #expect(
            words.status == 1 && words.errors.contains("leave --classes out"), "\(words.errors)")
        let share = try runDensekit(
            ["infer", "run.yaml", "work/iter_4", "data", "--score-threshold", "2"], in: folder)
        #expect(
            share.errors.contains("--score-threshold is a share of 0 to 1, found 2.0"),
            "\(share.errors)")
    }

    @Test("check takes a detector one step, browse shows what it learns from")
    func checkAndBrowse() throws {
        try withDetection { folder in
            let checked = try runDensekit(["check", "run.yaml"], in: folder)
            #expect(
                checked.status == 0 && checked.output.hasSuffix("OK\n"),
                "\(checked.output)\(checked.errors)")
            #expect(
                checked.output.contains("one step on 4 images, 2 at a time: ")
                    && checked.output.contains("loss_mask: "))
            #expect(
                checked.output.contains(" instances  in ") && checked.output.contains("striped box")
            )

            let drawn = try runDensekit(
                ["browse", "run.yaml", "--tensors", "b.safetensors", "--out-dir", "seen"],
                in: folder)
            #expect(drawn.status == 0, "\(drawn.errors)")
            #expect(try names(folder.appending(path: "seen/vis")).count == 2)
            let file = try SafetensorsFile(path: folder.appending(path: "b.safetensors").path)
            let shapes = Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0.shape) })
            let images = try #require(shapes["images.0"])
            for image in 0..<2 {
                let boxes = try #require(shapes["boxes.0.\(image)"])
                #expect(boxes[1] == 4 && shapes["labels.0.\(image)"] == [boxes[0]])
                #expect(shapes["masks.0.\(image)"] == [boxes[0], images[2], images[3]])
            }
        }
    }

    @Test("show --flops counts a detector's layers")
    func counting() throws {
        try withDetection { folder in
            let shown = try runDensekit(
                ["show", "run.yaml", "--flops", "--json", "--size", "64"], in: folder)
            #expect(shown.status == 0, "\(shown.errors)")
            let counts =
                try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any]
            let paths =
                (counts?["parts"] as? [[String: Any]])?.compactMap { $0["path"] as? String } ?? []
            #expect(paths.contains("rpn_head") && paths.contains("roi_head.mask_head"), "\(paths)")
        }
    }
}

/// A head or a data set in place of the detector's, and what is said of the two.
private let misfits: [(overrides: [String], message: String)] = [
    (
        ["model.head={type: SemanticFPN, channels: 8}"],
        "--set model.head={type: SemanticFPN, channels: 8}: model.head SemanticFPN finds a class for every pixel, but data.train COCODetection "
            + "(run.yaml:16:18) annotates separate instances: take a head that detects, such as MaskRCNN or RetinaNet, or a data set with "
            + "label maps, such as ADE20K"
    ),
    (
        ["data.train={type: ADE20K, root: scenes, split: training}"],
        "run.yaml:5:11: model.head MaskRCNN finds separate instances, but data.train ADE20K "
            + "(--set data.train={type: ADE20K, root: scenes, split: training}) has a class for every pixel: take a data set with boxes, "
            + "such as COCODetection, or a head that segments, such as SemanticFPN"
    ),
    (
        ["data.train.masks=false"],
        "run.yaml:5:11: model.head MaskRCNN is trained on masks, but data.train COCODetection (run.yaml:16:18) gives boxes alone: let it read masks "
            + "(`masks: true`), or take the head's masks away (`mask: null`)"
    ),
]

@Test(
    "A head and data that do not fit each other are told apart by check and by train, with their places",
    arguments: misfits)
func misfit(overrides: [String], message: String) throws {
    try withDetection { folder in
        try writeScenes(to: folder.appending(path: "scenes"))
        for command in ["check", "train"] {
            let result = try runDensekit(
                [command, "run.yaml"] + overrides.flatMap { ["--set", $0] }, in: folder)
            if command == "check" {
                #expect(
                    result.status == 1 && result.output.contains("\nproblem: \(message)\n"),
                    "\(result)")
            } else {
                #expect(result.status == 2, "\(result.output)")
                #expect(
                    result.errors.split(separator: "\n").last.map(String.init) == "error: "
                        + message)
            }
        }
    }
}
