import DenseKitBuiltIn
import DenseKitCommandLine
import DenseKitCore
import Foundation
import Testing

/// One sample in the layout of each base file: the image first, its mask, and a list; `{S}` is
/// the split.
private let trees: [(base: String, classes: Int, crop: Size2D, files: [String])] = [
    (
        "ade20k", 150, Size2D(height: 512, width: 512),
        ["images/{S}/a.jpg", "annotations/{S}/a.png"]
    ),
    (
        "ade20k_640", 150, Size2D(height: 640, width: 640),
        ["images/{S}/a.jpg", "annotations/{S}/a.png"]
    ),
    (
        "ade20k_imagenet", 150, Size2D(height: 512, width: 512),
        ["images/{S}/a.jpg", "annotations/{S}/a.png"]
    ),
    (
        "ade20k_full", 847, Size2D(height: 512, width: 512),
        ["images_detectron2/{S}/a.jpg", "annotations_detectron2/{S}/a.tif"]
    ),
    (
        "ade20k_full_640", 847, Size2D(height: 640, width: 640),
        ["images_detectron2/{S}/a.jpg", "annotations_detectron2/{S}/a.tif"]
    ),
    (
        "cityscapes", 19, Size2D(height: 512, width: 1024),
        ["leftImg8bit/{S}/ulm/a_leftImg8bit.png", "gtFine/{S}/ulm/a_gtFine_labelTrainIds.png"]
    ),
    (
        "coco-stuff10k", 171, Size2D(height: 512, width: 512),
        ["images/{S}2014/a.jpg", "annotations/{S}2014/a_labelTrainIds.png"]
    ),
    (
        "coco-stuff10k_640", 171, Size2D(height: 640, width: 640),
        ["images/{S}2014/a.jpg", "annotations/{S}2014/a_labelTrainIds.png"]
    ),
    (
        "coco-stuff164k", 171, Size2D(height: 512, width: 512),
        ["images/{S}2017/a.jpg", "annotations/{S}2017/a_labelTrainIds.png"]
    ),
    (
        "isaid", 16, Size2D(height: 896, width: 896),
        ["img_dir/{S}/a.png", "ann_dir/{S}/a_instance_color_RGB.png"]
    ),
    (
        "pascal_context", 60, Size2D(height: 480, width: 480),
        [
            "JPEGImages/a.jpg", "SegmentationClassContext/a.png",
            "ImageSets/SegmentationContext/{S}.txt",
        ]
    ),
    (
        "pascal_context_59", 59, Size2D(height: 480, width: 480),
        [
            "JPEGImages/a.jpg", "SegmentationClassContext/a.png",
            "ImageSets/SegmentationContext/{S}.txt",
        ]
    ),
    (
        "pascal_voc12", 21, Size2D(height: 512, width: 512),
        ["JPEGImages/a.jpg", "SegmentationClass/a.png", "ImageSets/Segmentation/{S}.txt"]
    ),
    (
        "pascal_voc12_aug", 21, Size2D(height: 512, width: 512),
        [
            "JPEGImages/a.jpg", "SegmentationClass/a.png", "SegmentationClassAug/a.png",
            "ImageSets/Segmentation/{S}.txt",
        ]
    ),
]

/// The words for the two splits of each base file.
private func splits(_ base: String) -> [String] {
    switch base {
    case "ade20k", "ade20k_640", "ade20k_imagenet", "ade20k_full", "ade20k_full_640":
        ["training", "validation"]
    case "coco-stuff10k", "coco-stuff10k_640": ["train", "test"]
    case "pascal_voc12_aug": ["trainaug", "val"]
    default: ["train", "val"]
    }
}

private func write(_ names: [String], splits: [String], to root: URL) throws {
    let many = ClassList(names: (0..<847).map { "class \($0)" })
    for (split, name) in splits.flatMap({ split in names.map { (split, $0) } }) {
        let file = root.appending(path: name.replacing("{S}", with: split))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let image = RGBImage(height: 64, width: 96, fill: RGBColor(9, 99, 199))
        if name.hasSuffix(".txt") {
            try Data("a\n".utf8).write(to: file)
        } else if name.hasSuffix(".jpg") {
            try ImageFile.writeJPEG(image, to: file.path)
        } else if name == names[0] {
            try ImageFile.writePNG(image, to: file.path)
        } else {
            let classes = name.contains("detectron2") ? many : ClassList(names: ["a"])
            try LabelFile.write(
                LabelMap(height: 64, width: 96, fill: 7), classes: classes, to: file.path)
        }
    }
}

@Test(
    "Every file of configs/_base_/datasets reads its layout, in crops of its size",
    arguments: trees.indices)
func baseFiles(index: Int) throws {
    let (base, classes, crop, files) = trees[index]
    try withTemporaryFolder { folder in
        try write(files, splits: splits(base), to: folder)
        let file = packageFolder.appending(path: "configs/_base_/datasets/\(base).yaml").path
        let experiment = try Experiment(
            file, overrides: ["train", "val"].map { "data.\($0).root=\(folder.path)" },
            registry: Registry(BuiltIn.plugins))
        let training = try experiment.trainDataset()
        let validation = try experiment.validationDataset()
        #expect((training.classes.count, training.classes) == (classes, validation.classes))
        #expect((training.count, validation.count) == (1, 1))
        var random = SampleRandom(seed: 1, epoch: 0, index: 0)
        var sample = try training.sample(at: 0)
        try experiment.trainPipeline()(&sample, &random)
        #expect(sample.size == crop)
        #expect(sample.labels?.labels.contains(where: { $0 != LabelMap.ignore }) == true)
        #expect(throws: Never.self) { try experiment.checkRecipe() }
    }
}

/// Of things one by one: the shipped detectors are tested with them.
private let detection = ["coco.yaml", "coco_imagenet.yaml"]

@Test("Base files are tested, all of them but the one for folders of one's own")
func allBaseFiles() throws {
    let files = try FileManager.default.contentsOfDirectory(
        atPath: packageFolder.appending(path: "configs/_base_/datasets").path)
    #expect(Set(files) == Set(trees.map { "\($0.base).yaml" } + detection + ["folder.yaml"]))
}

@Test("Another data set is one line for `check`, which says what is wrong with it")
func checks() throws {
    try withRun { folder in
        let files = [
            "leftImg8bit/{S}/ulm/a_leftImg8bit.png", "gtFine/{S}/ulm/a_gtFine_labelIds.png",
        ]
        try write(files, splits: ["train", "val"], to: folder.appending(path: "streets"))
        var mask = LabelMap(height: 64, width: 96, fill: 7)
        for place in 0..<(32 * 96) { mask.labels[place] = 8 }
        for split in ["train", "val"] {
            let file = folder.appending(path: "streets/gtFine/\(split)/ulm/a_gtFine_labelIds.png")
            try LabelFile.write(mask, classes: ClassList(names: ["a"]), to: file.path)
        }
        func check(_ labels: String) throws -> ProcessResult {
            let sets = ["train", "val"].flatMap {
                [
                    "--set",
                    "data.\($0)={type: Cityscapes, root: streets, split: \($0), labels: \(labels)}",
                ]
            }
            return try runDensekit(
                ["check", "run.yaml", "--set", "model.prompter=null"] + sets, in: folder)
        }
        let sound = try check("ids")
        #expect(sound.status == 0, "\(sound)")
        let shares = "   50.00 %  in 1 images  road\n   50.00 %  in 1 images  sidewalk\n"
        #expect(sound.output.contains("train: 1 images, 19 classes\n\(shares)"), "\(sound.output)")
        let wrong = try check("train_ids")
        #expect(wrong.status != 0)
        #expect(
            wrong.output.contains(
                "streets/leftImg8bit/train/ulm/a_leftImg8bit.png: has no mask streets/gtFine/train/ulm/a_gtFine_labelTrainIds.png; "
                    + "set labels: ids to read the masks as downloaded"), "\(wrong.output)")
    }
}

@Test("`components hook` lists the hooks that a configuration can name, with their settings")
func listsHooks() throws {
    let output = try runDensekit(["components", "hook"], in: packageFolder).output
    let names = [
        "CheckpointHook", "EarlyStopping", "EvaluationHook", "LogHook", "MetricsFile",
        "SkippedImagesHook",
    ]
    #expect(
        output.matches(of: /\n  (\w+)  \(plugin Standard/).map { String($0.1) } == names,
        "\(output)")
    #expect(
        output.contains("monitor: null\n      patience: 5\n      min_delta: 0.0\n"), "\(output)")
}

@Test("`components dataset` lists every data set with its settings")
func lists() throws {
    let output = try runDensekit(["components", "dataset"], in: packageFolder).output
    let names = [
        "ADE20K", "ADE20KFull", "COCODetection", "COCOStuff10k", "COCOStuff164k", "Cityscapes",
        "Folder", "PascalContext",
        "PascalContext59",
        "PascalVOC", "iSAID",
    ]
    #expect(
        output.matches(of: /\n  (\w+)  \(plugin Datasets/).map { String($0.1) } == names,
        "\(output)")
    #expect(
        output.contains("root: data/cityscapes\n      split: train\n      labels: train_ids\n"),
        "\(output)")
}
