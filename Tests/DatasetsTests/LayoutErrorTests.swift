import DenseKitData
import DenseKitDatasets
import DenseKitVision
import Testing

/// A tree that is not as it should be, what opens it, and what is said; `ROOT` stands for the
/// tree's path.
private struct WrongTree: Sendable {
    let what: String
    let build: @Sendable (Tree) throws -> Void
    let open: Open
    let message: String
}

private typealias Open = @Sendable (String) throws -> any Dataset

private func cityscapes(_ labels: LabelNumbers = .trainIDs, classes: [String]? = nil) -> Open {
    { root in
        try Cityscapes(
            settings(.init()) {
                $0.root = root
                $0.labels = labels
                $0.classes = classes.map(ClassesSetting.names)
            })
    }
}

private func pascalVOC(_ split: PascalVOC.Split = .train) -> Open {
    { root in try PascalVOC(settings(.init()) { ($0.root, $0.split) = (root, split) }) }
}

@Sendable private func pascalContext(_ root: String) throws -> any Dataset {
    try PascalContext59(settings(.init()) { $0.root = root })
}

@Sendable private func coco10k(_ root: String) throws -> any Dataset {
    try COCOStuff10k(settings(.init()) { $0.root = root })
}
@Sendable private func ade20kFull(_ root: String) throws -> any Dataset {
    try ADE20KFull(settings(.init()) { $0.root = root })
}
@Sendable private func iSAID(_ root: String) throws -> any Dataset {
    try ISAID(settings(.init()) { $0.root = root })
}

private func coco164k(_ labels: LabelNumbers) -> Open {
    { root in try COCOStuff164k(settings(.init()) { ($0.root, $0.labels) = (root, labels) }) }
}

private let streets =
    "expected ROOT/leftImg8bit/train/CITY/*_leftImg8bit.png and ROOT/gtFine/train/CITY/*_gtFine_labelTrainIds.png"
private let stuff10k =
    "mmsegmentation's tools/dataset_converters/coco_stuff10k.py makes both from the download, "
    + "whose labels are the arrays S of annotations/*.mat"
private let context =
    "mmsegmentation's tools/dataset_converters/pascal_context.py makes masks and lists from trainval_merged.json"
private let objects =
    "expected ROOT/ImageSets/Segmentation/train.txt, ROOT/JPEGImages/*.jpg and ROOT/SegmentationClass/*.png"

/// Two listed pictures of Pascal VOC and the mask of the first.
@Sendable private func addObjects(_ tree: Tree) throws {
    for name in ["a", "b"] { try tree.image("JPEGImages/\(name).jpg") }
    try tree.mask("SegmentationClass/a.png", [0, 0, 0, 0, 0, 0])
    try tree.text("ImageSets/Segmentation/train.txt", "a\n\nb\n")
}

private let structure: [WrongTree] = [
    WrongTree(
        what: "no root", build: { _ in }, open: { try cityscapes()($0 + "/none") },
        message: "ROOT/none: no such folder; "
            + "\(streets.replacing("ROOT", with: "ROOT/none")); set root to where the data is"),
    WrongTree(
        what: "the root is a folder higher", build: { try $0.image("VOC2012/JPEGImages/a.jpg") },
        open: pascalVOC(),
        message:
            "ROOT/ImageSets/Segmentation/train.txt: no such file; \(objects); ROOT/VOC2012 has them: set root to that"
    ),
    WrongTree(
        what: "images of another name", build: { try $0.image("leftImg8bit/train/ulm/a.png") },
        open: cityscapes(),
        message:
            "ROOT/leftImg8bit/train: has no images (_leftImg8bit.png), only such files as ulm/a.png; "
            + "\(streets); set root to where the data is"),
    WrongTree(
        what: "no masks", build: { try $0.image("leftImg8bit/train/ulm/a_leftImg8bit.png") },
        open: cityscapes(),
        message: "ROOT/gtFine/train: no such folder; \(streets); set root to where the data is"),
    WrongTree(
        what: "label ids only",
        build: {
            try $0.image("leftImg8bit/train/ulm/a_leftImg8bit.png")
            try $0.mask("gtFine/train/ulm/a_gtFine_labelIds.png", [0, 0, 0, 0, 0, 0])
        }, open: cityscapes(),
        message:
            "ROOT/leftImg8bit/train/ulm/a_leftImg8bit.png: has no mask ROOT/gtFine/train/ulm/a_gtFine_labelTrainIds.png "
            + "(1 of 1 images); set labels: ids to read the masks as downloaded"),
    WrongTree(
        what: "train ids only",
        build: {
            try $0.image("images/train2017/a.jpg")
            try $0.mask("annotations/train2017/a_labelTrainIds.png", [0, 0, 0, 0, 0, 0])
        }, open: coco164k(.ids),
        message:
            "ROOT/images/train2017/a.jpg: has no mask ROOT/annotations/train2017/a.png (1 of 1 images); "
            + "set labels: train_ids to read these"),
    WrongTree(
        what: "pixel maps only",
        build: {
            for name in ["a", "b"] { try $0.image("images/train2017/\(name).jpg") }
            try $0.mask("annotations/train2017/a.png", [0, 0, 0, 0, 0, 0])
        }, open: coco164k(.trainIDs),
        message:
            "ROOT/images/train2017/a.jpg: has no mask ROOT/annotations/train2017/a_labelTrainIds.png (2 of 2 images); "
            + "set labels: ids to read the pixel maps as downloaded"),
    WrongTree(
        what: "COCO-Stuff 10k as downloaded",
        build: {
            try $0.image("images/a.jpg")
            try $0.text("annotations/a.mat", "MATLAB 5.0 MAT-file")
        }, open: coco10k,
        message: "ROOT/images/train2014: no such folder; expected ROOT/images/train2014/*.jpg and "
            + "ROOT/annotations/train2014/*_labelTrainIds.png; set root to where the data is; \(stuff10k)"
    ),
    WrongTree(
        what: "arrays for masks",
        build: {
            try $0.image("images/train2014/a.jpg")
            try $0.text("annotations/train2014/a.mat", "MATLAB 5.0 MAT-file")
        }, open: coco10k,
        message:
            "ROOT/images/train2014/a.jpg: has no mask ROOT/annotations/train2014/a_labelTrainIds.png (1 of 1 images); "
            + stuff10k),
    WrongTree(
        what: "masks in PNG",
        build: {
            try $0.image("images_detectron2/training/a.jpg")
            try $0.wideMask("annotations_detectron2/training/a.png", [0, 0, 0, 0, 0, 0])
        }, open: ade20kFull,
        message:
            "ROOT/images_detectron2/training/a.jpg: has no mask ROOT/annotations_detectron2/training/a.tif (1 of 1 images); "
            + "ROOT/annotations_detectron2/training/a.png is there: masks are PNG or TIFF, and mask_suffix: .png names another suffix where the "
            + "data set has that setting"),
    WrongTree(
        what: "no lists", build: { try $0.image("JPEGImages/a.jpg") }, open: pascalContext,
        message: "ROOT/ImageSets/SegmentationContext/train.txt: no such file; expected "
            + "ROOT/ImageSets/SegmentationContext/train.txt, ROOT/JPEGImages/*.jpg and ROOT/SegmentationClassContext/*.png; "
            + "set root to where the data is; \(context)"),
    WrongTree(
        what: "an empty list",
        build: {
            try addObjects($0)
            try $0.text("ImageSets/Segmentation/train.txt", " \n\n")
        }, open: pascalVOC(),
        message:
            "ROOT/ImageSets/Segmentation/train.txt: names no images; \(objects); set root to where the data is"
    ),
    WrongTree(
        what: "a list with paths",
        build: {
            try addObjects($0)
            try $0.text(
                "ImageSets/Segmentation/train.txt",
                "a\n/JPEGImages/b.jpg /SegmentationClass/b.png\n")
        }, open: pascalVOC(),
        message:
            "ROOT/ImageSets/Segmentation/train.txt:2: names /JPEGImages/b.jpg /SegmentationClass/b.png, but there is no image "
            + "ROOT/JPEGImages//JPEGImages/b.jpg /SegmentationClass/b.png.jpg (1 of 2 names); "
            + "a line holds one name, without folder and suffix; add the images, or take the lines out"
    ),
    WrongTree(
        what: "a listed image without a mask", build: addObjects, open: pascalVOC(),
        message:
            "ROOT/ImageSets/Segmentation/train.txt:3: names b, but there is no mask ROOT/SegmentationClass/b.png (1 of 2 names); "
            + "add the masks, or take the lines out"),
    WrongTree(
        what: "a name that stands twice",
        build: {
            try addObjects($0)
            try $0.text("ImageSets/Segmentation/train.txt", "a\nb\na\n")
        }, open: pascalVOC(),
        message:
            "ROOT/ImageSets/Segmentation/train.txt:3: names a again, first on line 1; keep one of the lines"
    ),
    WrongTree(
        what: "no further labels",
        build: {
            try addObjects($0)
            try $0.mask("SegmentationClass/b.png", [0, 0, 0, 0, 0, 0])
        }, open: pascalVOC(.trainaug),
        message:
            "ROOT/ImageSets/Segmentation/aug.txt: no such file; expected ROOT/ImageSets/Segmentation/aug.txt, "
            + "ROOT/JPEGImages/*.jpg and ROOT/SegmentationClassAug/*.png; set root to where the data is; "
            + "mmsegmentation's tools/dataset_converters/voc_aug.py makes SegmentationClassAug and aug.txt from SBD's files"
    ),
    WrongTree(
        what: "iSAID as downloaded", build: { try $0.image("train/images/P0000.png") }, open: iSAID,
        message: "ROOT/img_dir/train: no such folder; expected ROOT/img_dir/train/*.png and "
            + "ROOT/ann_dir/train/*_instance_color_RGB.png; set root to where the data is; "
            + "mmsegmentation's tools/dataset_converters/isaid.py makes patches and numbers from the download"
    ),
    WrongTree(
        what: "other names", build: { _ in }, open: cityscapes(classes: ["street", "house"]),
        message: "Cityscapes: classes: expected 19 names, one for each class, found 2"),
]

/// Masks with a number in the second row that no class has.
private let numbers: [WrongTree] = [
    WrongTree(
        what: "label ids among train ids",
        build: {
            try $0.image("leftImg8bit/train/ulm/a_leftImg8bit.png")
            try $0.mask("gtFine/train/ulm/a_gtFine_labelTrainIds.png", [0, 0, 0, 0, 26, 0])
        }, open: cityscapes(),
        message:
            "ROOT/gtFine/train/ulm/a_gtFine_labelTrainIds.png: label 26 at (y 1, x 1); the data set declares 0…18 and 255; "
            + "19…33 are label ids, not train ids: make these masks with cityscapesscripts' csCreateTrainIdLabelImgs, "
            + "or set labels: ids to read *_gtFine_labelIds.png"),
    WrongTree(
        what: "a number of no data set",
        build: {
            try $0.image("leftImg8bit/train/ulm/a_leftImg8bit.png")
            try $0.mask("gtFine/train/ulm/a_gtFine_labelIds.png", [0, 0, 0, 0, 0, 34])
        }, open: cityscapes(.ids),
        message:
            "ROOT/gtFine/train/ulm/a_gtFine_labelIds.png: label 34 at (y 1, x 2); the data set declares 0…33 and 255; "
            + "correct the mask, or read it as a Folder, which has a map of numbers to classes"),
    WrongTree(
        what: "pixel maps for train ids",
        build: {
            try $0.image("images/train2017/a.jpg")
            try $0.mask("annotations/train2017/a_labelTrainIds.png", [0, 0, 0, 171, 0, 0])
        }, open: coco164k(.trainIDs),
        message:
            "ROOT/annotations/train2017/a_labelTrainIds.png: label 171 at (y 1, x 0); the data set declares 0…170 and 255; "
            + "above 170 are the numbers of the pixel maps: make these masks with mmsegmentation's "
            + "tools/dataset_converters/coco_stuff164k.py, or set labels: ids to read the pixel maps"
    ),
    WrongTree(
        what: "COCO's numbers for train ids",
        build: {
            try $0.image("images/train2014/a.jpg")
            try $0.mask("annotations/train2014/a_labelTrainIds.png", [0, 0, 0, 182, 0, 0])
        }, open: coco10k,
        message:
            "ROOT/annotations/train2014/a_labelTrainIds.png: label 182 at (y 1, x 0); the data set declares 0…171 and 255; "
            + "above 171 are COCO's own numbers, as in the .mat files: make the masks with "
            + "mmsegmentation's tools/dataset_converters/coco_stuff10k.py"),
    WrongTree(
        what: "grey levels of a palette",
        build: {
            try addObjects($0)
            try $0.text("ImageSets/Segmentation/train.txt", "a")
            try $0.mask("SegmentationClass/a.png", [0, 0, 0, 38, 0, 0])
        }, open: pascalVOC(),
        message:
            "ROOT/SegmentationClass/a.png: label 38 at (y 1, x 0); the data set declares 0…20 and 255; the classes are 0…20: "
            + "take the masks as downloaded, whose palette indices count; turning their colours into grey levels destroys them"
    ),
    WrongTree(
        what: "the 459 classes",
        build: {
            try $0.image("JPEGImages/a.jpg")
            try $0.mask("SegmentationClassContext/a.png", [0, 0, 0, 60, 0, 0])
            try $0.text("ImageSets/SegmentationContext/train.txt", "a")
        }, open: pascalContext,
        message:
            "ROOT/SegmentationClassContext/a.png: label 60 at (y 1, x 0); the data set declares 0…59 and 255; "
            + "above 59 are numbers of the 459 classes of the original labels; \(context)"),
    WrongTree(
        what: "ADE20K's own numbers",
        build: {
            try $0.image("images_detectron2/training/a.jpg")
            try $0.wideMask("annotations_detectron2/training/a.tif", [0, 0, 0, 2978, 0, 0])
        }, open: ade20kFull,
        message:
            "ROOT/annotations_detectron2/training/a.tif: label 2978 at (y 1, x 0); the data set declares 0…846 and 65535; "
            + "the 847 classes have 0…846; MaskFormer's preparation makes them from ADE20K's own numbers"
    ),
    WrongTree(
        what: "colours for numbers",
        build: {
            try $0.image("img_dir/train/a.png")
            try $0.image("ann_dir/train/a_instance_color_RGB.png")
        }, open: iSAID,
        message:
            "ROOT/ann_dir/train/a_instance_color_RGB.png: is a colour image; labels are one number a pixel; "
            + "save the mask as a grey or palette PNG whose numbers are the classes"),
]

@Suite struct LayoutErrorTests {
    @Test("A wrong tree is shown the right one", arguments: structure.indices)
    func structures(index: Int) throws {
        let tree = try Tree()
        let wrong = structure[index]
        try wrong.build(tree)
        #expect(tree.message { _ = try wrong.open(tree.path) } == wrong.message, "\(wrong.what)")
    }

    @Test("A number that no class has is explained", arguments: numbers.indices)
    func labels(index: Int) throws {
        let tree = try Tree()
        let wrong = numbers[index]
        try wrong.build(tree)
        let data = try wrong.open(tree.path)
        #expect(tree.message { _ = try data.sample(at: 0) } == wrong.message, "\(wrong.what)")
    }
}
