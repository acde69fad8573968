import DenseKitData
import DenseKitDatasets
import DenseKitVision
import Testing

/// Every data set on a tiny tree in its layout: which files belong together, and what each number
/// in a mask means.
@Suite struct LayoutTests {
    let tree: Tree

    init() throws { tree = try Tree() }

    @Test func cocoStuff10k() throws {
        try tree.image("images/train2014/COCO_train2014_000000000077.jpg")
        try tree.mask(
            "annotations/train2014/COCO_train2014_000000000077_labelTrainIds.png",
            [0, 1, 80, 81, 171, none])
        try tree.image("images/test2014/b.jpg")
        try tree.mask("annotations/test2014/b_labelTrainIds.png", [171, 2, 0, 0, 0, 0])
        try tree.text("imagesLists/train.txt", "something else")
        let train = try COCOStuff10k(settings(.init()) { $0.root = tree.path })
        #expect((train.count, train.classes, train.warnings) == (1, COCOStuff.benchmark, []))
        #expect(try train.labels(0) == [none, 0, 79, 80, 170, none])
        let test = try COCOStuff10k(settings(.init()) { ($0.root, $0.split) = (tree.path, .test) })
        #expect(try test.labels(0) == [170, 1, none, none, none, none])
    }

    @Test func cocoStuff164k() throws {
        try tree.image("images/val2017/a.jpg")
        try tree.mask("annotations/val2017/a_labelTrainIds.png", [0, 1, 10, 11, 170, none])
        // The numbers of the same classes in the pixel map, which mmsegmentation leaves beside it.
        try tree.mask("annotations/val2017/a.png", [0, 1, 10, 12, 181, none])
        var configuration = settings(COCOStuff164k.Configuration()) {
            $0.root = tree.path
            $0.split = .val
        }
        let converted = try COCOStuff164k(configuration)
        configuration.labels = .ids
        let downloaded = try COCOStuff164k(configuration)
        for data in [converted, downloaded] {
            #expect((data.count, data.classes, data.warnings) == (1, COCOStuff.benchmark, []))
            #expect(try data.labels(0) == [0, 1, 10, 11, 170, none])
        }
        // 11 is one of the gaps
        try tree.mask("annotations/val2017/a.png", [0, 1, 10, 11, 181, none])
        #expect(
            tree.message { _ = try downloaded.sample(at: 0) }.hasPrefix(
                "ROOT/annotations/val2017/a.png: label 11 at (y 1, x 0); the data set declares 0…10, 12…24, 26…27, "
                    + "30…43, 45…64, 66, 69, 71…81, 83…89, 91…181 and 255; "))
    }

    @Test func ade20kFull() throws {
        try tree.image("images_detectron2/validation/a.jpg")
        try tree.tiffMask("annotations_detectron2/validation/a.tif")
        var configuration = settings(ADE20KFull.Configuration()) {
            $0.root = tree.path
            $0.split = .validation
        }
        let data = try ADE20KFull(configuration)
        #expect((data.count, data.classes) == (1, ADE20KFull.benchmark))
        #expect(try data.labels(0) == [0, 1, 255, 256, 846, none])
        let names = (0..<847).map { "class \($0)" }
        configuration.classes = .names(names.reversed())
        #expect(try ADE20KFull(configuration).classes.names == names.reversed())
    }

    @Test func cityscapes() throws {
        for (city, name) in [("ulm", "ulm_000000_000019"), ("aachen", "aachen_000173_000019")] {
            try tree.image("leftImg8bit/train/\(city)/\(name)_leftImg8bit.png")
            try tree.mask(
                "gtFine/train/\(city)/\(name)_gtFine_labelTrainIds.png", [0, 5, 10, 18, none, none])
            try tree.mask(
                "gtFine/train/\(city)/\(name)_gtFine_labelIds.png", [7, 17, 23, 33, 0, 4])
            try tree.image("gtFine/train/\(city)/\(name)_gtFine_color.png")
        }
        for labels in [LabelNumbers.trainIDs, .ids] {
            let data = try Cityscapes(
                settings(.init()) { ($0.root, $0.labels) = (tree.path, labels) })
            #expect((data.count, data.classes, data.warnings) == (2, Cityscapes.benchmark, []))
            #expect(try data.sample(at: 0).name == "aachen/aachen_000173_000019_leftImg8bit.png")
            #expect(try data.labels(1) == [0, 5, 10, 18, none, none])
        }
    }

    @Test("Every label id of Cityscapes is its train id, or no class")
    func cityscapesIDs() throws {
        let classes = [
            7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10, 24: 11,
            25: 12, 26: 13, 27: 14, 28: 15,
            31: 16, 32: 17, 33: 18,
        ]
        try tree.image("leftImg8bit/test/ulm/a_leftImg8bit.png")
        try tree.mask("gtFine/test/ulm/a_gtFine_labelIds.png", [0, 0, 0, 0, 0, 0])
        let data = try Cityscapes(
            settings(.init()) { ($0.root, $0.split, $0.labels) = (tree.path, .test, .ids) })
        for first in stride(from: 0, through: 30, by: 6) {
            let ids = (first..<first + 6).map { min($0, 33) }
            try tree.mask("gtFine/test/ulm/a_gtFine_labelIds.png", ids.map { UInt16($0) })
            #expect(try data.labels(0) == ids.map { classes[$0].map { UInt16($0) } ?? none })
        }
    }

    @Test func pascalVOC() throws {
        for name in ["2007_000032", "2007_000033", "2008_000001", "unlisted"] {
            try tree.image("JPEGImages/\(name).jpg")
        }
        try tree.mask("SegmentationClass/2007_000032.png", [0, 1, 20, none, 0, 0])
        try tree.mask("SegmentationClass/2007_000033.png", [15, 15, 15, 15, 15, 15])
        try tree.mask("SegmentationClassAug/2008_000001.png", [0, 7, 7, 7, 0, 0])
        try tree.mask("SegmentationClassAug/2007_000032.png", [1, 1, 1, 1, 1, 1])
        try tree.text("ImageSets/Segmentation/train.txt", "2007_000032\r\n")
        try tree.text("ImageSets/Segmentation/val.txt", "\n  2007_000033  \n\n")
        try tree.text("ImageSets/Segmentation/trainval.txt", "2007_000033\n2007_000032")
        try tree.text("ImageSets/Segmentation/trainaug.txt", "2008_000001\n2007_000032\n")
        func open(_ split: PascalVOC.Split) throws -> PascalVOC {
            try PascalVOC(settings(.init()) { ($0.root, $0.split) = (tree.path, split) })
        }
        func labels(_ split: PascalVOC.Split) throws -> [[UInt16]?] {
            let data = try open(split)
            return try (0..<data.count).map { try data.labels($0) }
        }
        let (first, second): ([UInt16], [UInt16]) = (
            [0, 1, 20, none, 0, 0], [15, 15, 15, 15, 15, 15]
        )
        #expect(try open(.train).classes == PascalVOC.benchmark)
        #expect(try labels(.train) == [first])
        #expect(try labels(.val) == [second])
        #expect(try labels(.trainval) == [second, first])  // in the order of the list
        #expect(try labels(.trainaug) == [[0, 7, 7, 7, 0, 0], [1, 1, 1, 1, 1, 1]])
        // mmsegmentation's list of what is added; the rest then keeps its own masks.
        try tree.text("ImageSets/Segmentation/aug.txt", "2008_000001\n")
        #expect(try labels(.trainaug) == [first, [0, 7, 7, 7, 0, 0]])
        #expect(try open(.trainaug).sample(at: 1).name == "2008_000001.jpg")
    }

    @Test func pascalContext() throws {
        try tree.image("JPEGImages/a.jpg")
        try tree.mask("SegmentationClassContext/a.png", [0, 1, 2, 58, 59, none])
        try tree.text("ImageSets/SegmentationContext/val.txt", "a\n")
        let configuration = settings(PascalContext.Configuration()) {
            $0.root = tree.path
            $0.split = .val
        }
        let all = try PascalContext(configuration)
        #expect((all.count, all.classes) == (1, PascalContext.benchmark))
        #expect(try all.labels(0) == [0, 1, 2, 58, 59, none])
        let most = try PascalContext59(
            settings(.init()) { ($0.root, $0.split) = (tree.path, .val) })
        #expect(most.classes.names == Array(PascalContext.benchmark.names[1...]))
        #expect(most.classes.palette == Array(PascalContext.benchmark.palette[1...]))
        #expect(try most.labels(0) == [none, 0, 1, 57, 58, none])
    }

    @Test func iSAID() throws {
        try tree.image("img_dir/train/P0000_0_896_0_896.png")
        try tree.mask(
            "ann_dir/train/P0000_0_896_0_896_instance_color_RGB.png", [0, 1, 14, 15, none, 0])
        let data = try ISAID(settings(.init()) { $0.root = tree.path })
        #expect((data.count, data.classes, data.warnings) == (1, ISAID.benchmark, []))
        #expect(try data.labels(0) == [0, 1, 14, 15, none, 0])
    }

    @Test("Classes have other names, in the same colours")
    func otherNames() throws {
        try tree.image("img_dir/train/a.png")
        try tree.mask("ann_dir/train/a_instance_color_RGB.png", [0, 1, 14, 15, none, 0])
        let names = ISAID.benchmark.names.map { $0.lowercased().replacing("_", with: " ") }
        let data = try ISAID(
            settings(.init()) { ($0.root, $0.classes) = (tree.path, .names(names)) })
        #expect(data.classes == ClassList(names: names, palette: ISAID.benchmark.palette))
        #expect(data.classes.names[6] == "ground track field")
    }
}
