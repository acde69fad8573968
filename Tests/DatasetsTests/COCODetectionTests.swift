import DenseKitConfiguration
import DenseKitData
import DenseKitVision
import Foundation
import Testing

@testable import DenseKitDatasets

/// A tree in COCO's layout: three pictures, one of them without things, one with a crowd alone, and
/// what training skips.
private func writeTree(
    _ tree: Tree, split: String = "train", file: String? = nil, folder: String? = nil
) throws {
    let names = COCODetection.benchmark.names
    let ids = (1...90).filter { ![12, 26, 29, 30, 45, 66, 68, 69, 71, 83].contains($0) }
    // In another order than the classes: numbers and names count.
    let categories = zip(ids, names).map { #"{"id": \#($0), "name": "\#($1)"}"# }.reversed().joined(
        separator: ",")
    try tree.text(
        file ?? "annotations/instances_\(split)2017.json",
        """
        {"images": [{"id": 30, "file_name": "c.jpg", "height": 40, "width": 50}, {"id": 10, "file_name": "a.jpg", "height": 40, "width": 50},
          {"id": 20, "file_name": "b.jpg", "height": 50, "width": 40}, {"id": 40, "file_name": "small.jpg", "height": 31, "width": 90}],
         "categories": [\(categories)],
         "annotations": [
          {"id": 1, "image_id": 10, "category_id": 90, "bbox": [1.1, 2.2, 10, 20], "area": 150, "iscrowd": 0, "segmentation": [[1, 2, 11, 2, 11, 22]]},
          {"id": 2, "image_id": 20, "category_id": 1, "bbox": [0, 0, 30, 30], "area": 600, "iscrowd": 1,
           "segmentation": {"size": [50, 40], "counts": [0, 600, 1400]}},
          {"id": 3, "image_id": 10, "category_id": 3, "bbox": [5, 5, 10, 10], "area": 90, "iscrowd": 0, "segmentation": [[5, 5, 15, 5, 15, 15]]},
          {"id": 4, "image_id": 10, "category_id": 3, "bbox": [5, 5, 0.5, 10], "area": 5, "segmentation": []},
          {"id": 5, "image_id": 10, "category_id": 3, "bbox": [5, 5, 10, 10], "area": 0, "segmentation": []},
          {"id": 6, "image_id": 10, "category_id": 3, "bbox": [50, 5, 10, 10], "area": 9, "segmentation": []},
          {"id": 7, "image_id": 40, "category_id": 3, "bbox": [5, 5, 10, 10], "area": 9, "segmentation": []}]}
        """)
    let folder = folder ?? "\(split)2017"
    for name in ["a", "c"] { try tree.image("\(folder)/\(name).jpg", 40, 50) }
    try tree.image("\(folder)/b.jpg", 50, 40)
    try tree.image("\(folder)/small.jpg", 31, 90)
}

/// The tree's data set, with a cache of its own.
private func dataset(_ tree: Tree, _ change: (inout COCODetection.Configuration) -> Void = { _ in })
    throws -> COCODetection
{
    var configuration = COCODetection.Configuration()
    configuration.root = String(tree.path.dropLast(tree.path.hasSuffix("/") ? 1 : 0))
    change(&configuration)
    return try COCODetection(configuration, cache: tree.file("cache"))
}

@Suite struct COCODetectionTests {
    @Test func theClassesAreCOCOs() {
        let names = COCODetection.benchmark.names
        #expect(names.count == 80 && Set(names).count == 80)
        #expect(
            names.first == "person" && names[2] == "car" && names[11] == "stop sign"
                && names.last == "toothbrush")
    }

    @Test(
        "Spaces around the name of a category, and what of it cannot be seen, do not count; two that differ in these alone are refused"
    )
    func categoryNames() throws {
        let tree = try Tree()
        try tree.image("train2017/a.jpg", 40, 50)
        func write(_ categories: String) throws {
            try tree.text(
                "annotations/instances_train2017.json",
                #"""
                {"images": [{"id": 1, "file_name": "a.jpg", "height": 40, "width": 50}], "categories": [\#(categories)],
                 "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 10, 20], "area": 200, "segmentation": []}]}
                """#)
        }
        let cat = #"{"id": 7, "name": "cat\u00a0"}"#
        try write(cat + #", {"id": 8, "name": "dog"}"#)
        let data = try dataset(tree) { $0.classes = .names(["dog", " cat"]) }
        #expect(data.classes.names == ["dog", "cat"] && data.categoryIDs == [8, 7])
        #expect(try data.annotations(at: 0, shapes: false).map(\.label) == [1])
        try write(cat + #", {"id": 8, "name": "cat"}"#)
        #expect(
            tree.message { _ = try dataset(tree) { $0.classes = .names(["cat"]) } }.hasSuffix(
                "annotations/instances_train2017.json: has the name `cat` for the categories 7 and 8, which differ in spaces or invisible "
                    + "characters alone; make them one category, or rename one"))
    }

    @Test(
        "An image is found under another normal form of its name; backslashes in file_name have a remedy"
    )
    func fileNames() throws {
        let tree = try Tree()
        try tree.image("train2017/cafe\u{301}.jpg", 40, 50)
        try tree.text(
            "annotations/instances_train2017.json",
            #"""
            {"images": [{"id": 1, "file_name": "caf\u00e9.jpg", "height": 40, "width": 50},
              {"id": 2, "file_name": "a\\b.jpg", "height": 40, "width": 50}], "categories": [{"id": 7, "name": "cat"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 10, 20], "area": 200, "segmentation": []},
              {"id": 2, "image_id": 2, "category_id": 7, "bbox": [1, 2, 10, 20], "area": 200, "segmentation": []}]}
            """#)
        let data = try dataset(tree) { $0.classes = .names(["cat"]) }
        #expect(try data.sample(at: 0).size == Size2D(height: 40, width: 50))
        #expect(
            tree.message { _ = try data.sample(at: 1) }.hasSuffix(
                "train2017/a\\b.jpg: no such file; its file_name has backslashes, as Windows writes paths: write / in place of \\ in the file "
                    + "of annotations"))
    }

    @Test func trainingSeesWhatMMDetectionSees() throws {
        let tree = try Tree()
        try writeTree(tree)
        let set = try dataset(tree)
        #expect(set.count == 2)
        #expect((0..<2).map(set.imageID) == [10, 20])
        #expect(
            (0..<2).map(set.size) == [Size2D(height: 40, width: 50), Size2D(height: 50, width: 40)])
        #expect(set.categoryIDs[0] == 1 && set.categoryIDs[79] == 90 && set.categoryIDs[11] == 13)
        let first = try set.sample(at: 0)
        #expect(
            first.name == "a.jpg" && !first.wantsMasks
                && first.labels(in: PixelWindow(first.size)) == nil)
        #expect(
            first.instances?.map(\.box) == [
                BoundingBox(x1: 1.1, y1: 2.2, x2: 11.1, y2: 22.2),
                BoundingBox(x1: 5, y1: 5, x2: 15, y2: 15),
            ])
        #expect(
            first.instances?.map(\.annotation)
                == (try set.annotations(at: 0, shapes: false).filter { [1, 3].contains($0.id) }))
        #expect(
            first.instances?.map(\.label) == [79, 2] && first.instances?.map(\.area) == [150, 90])
        let second = try set.sample(at: 1)
        #expect(second.instances?.map(\.isCrowd) == [true])
        #expect((0..<2).map(set.name) == [first.name, second.name])
        #expect(
            set.warnings.last?.problem
                == "lists 4 images, of which 2 have no annotation of the classes or a side under 32 pixels"
        )
    }

    @Test func resultsAreMeasuredAgainstEverything() throws {
        let tree = try Tree()
        try writeTree(tree, split: "val")
        let set = try dataset(tree) {
            $0.split = .val
            $0.masks = true
        }
        #expect((0..<set.count).map(set.imageID) == [30, 10, 20, 40])
        let things = try set.annotations(at: 1, shapes: true)
        #expect(things.map(\.id) == [1, 3, 4, 5, 6])
        #expect(things[0].box == COCOBox(x: 1.1, y: 2.2, width: 10, height: 20))
        #expect(things[0].shape == .polygons([[1, 2, 11, 2, 11, 22]]))
        #expect(try set.annotations(at: 2, shapes: false).map(\.shape) == [nil])
        #expect(try set.sample(at: 0).instances == [])
        #expect(set.warnings.allSatisfy { !$0.problem.contains("images, of which") })
    }

    @Test func masksWhereTheyAreWanted() throws {
        let tree = try Tree()
        try writeTree(tree)
        let sample = try dataset(tree) { $0.masks = true }.sample(at: 0)
        #expect(sample.wantsMasks)
        #expect(try sample.masks().count == 2 * 40 * 50)
        let expected = try RunLengthMask(
            polygons: [[5, 5, 15, 5, 15, 15]], size: Size2D(height: 40, width: 50))
        #expect(try Array(sample.masks().suffix(40 * 50)) == expected.bitmap())
    }

    /// Training takes an image with segmentations that are none, and results can be measured
    /// against it.
    @Test func segmentationsThatAreNone() throws {
        let tree = try Tree()
        let segmentations = [
            "[[5, 5, 15, 5, 15, 15]]", "[]", "null", "[[5, 5, 10, 10]]",
            "[[5, 5, 15, 5, 15, 15, 7]]",
            "[[0.1, 0.1, 0.3, 0.1, 0.3, 0.3]]",
            #"{"size": [50, 40], "counts": [2000]}"#, #"{"size": [40, 50], "counts": [3]}"#,
            #"{"size": [40, 50], "counts": "~"}"#,
        ]
        let annotations = segmentations.enumerated().map { index, text in
            #"{"id": \#(index + 1), "image_id": 1, "category_id": 1, "bbox": [5, 5, 10, 10], "area": 9, "segmentation": \#(text)}"#
        }
        try tree.text(
            "mine.json",
            """
            {"images": [{"id": 1, "file_name": "a.jpg", "height": 40, "width": 50}], "categories": [{"id": 1, "name": "cat"}],
             "annotations": [\(annotations.joined(separator: ","))]}
            """)
        try tree.image("pictures/a.jpg", 40, 50)
        let set = try dataset(tree) {
            $0.annotations = "mine.json"
            $0.images = "pictures"
            $0.masks = true
            $0.classes = .names(["cat"])
        }
        // As far as it can be told without drawing.
        #expect(
            set.warnings.last?.description.hasSuffix(
                "has 5 of 9 annotations without a segmentation that can be trained on (annotation 2, annotation 3, annotation 4, …); nothing is trained "
                    + "on these, and `ExperimentCheck` says what is wrong with them") == true)
        let sample = try set.sample(at: 0)
        #expect(sample.instances?.map(\.isCrowd) == [false] + Array(repeating: true, count: 8))
        #expect(try sample.masks().count == 40 * 50)
        let things = try set.annotations(at: 0, shapes: true)
        #expect(
            things.map { $0.shapeProblem != nil } == [
                false, false, false, false, false, false, false, true, true,
            ])
        var options = DatasetReport.Options()
        options.wantsMasks = true
        let report = DatasetReport.check(set, options: options)
        let learnt = "they become regions on which nothing is trained: annotation"
        #expect(report.problems == [] && report.instanceCounts == [1] && report.crowds == 8)
        #expect(
            report.warnings.map {
                $0.replacing(tree.path, with: "ROOT").replacing("ROOT//", with: "ROOT/")
            }
                == [
                    "no segmentation; \(learnt) 2 of image a.jpg and annotation 3",
                    "a segmentation of four numbers, a box, where a polygon is wanted; \(learnt) 4",
                    "polygons with an odd number of coordinates; \(learnt) 5",
                    "polygons within 0…1, as if divided by the sides of the image; pixels are wanted; \(learnt) 6",
                    "run lengths of another size than the image; \(learnt) 7",
                    "run lengths that are no mask; \(learnt) 8 of image a.jpg and annotation 9",
                ].map {
                    "ROOT/mine.json: \($0.contains(" and ") ? 2 : 1) of 9 annotations have \($0) of image a.jpg"
                })
    }

    @Test func nothingToLearnIsSaidAtOnce() throws {
        let tree = try Tree()
        try writeTree(tree)
        let set = try dataset(tree) { $0.classes = .names(["person"]) }
        #expect(
            set.warnings.last?.description.hasSuffix(
                "has no annotation to train on: all 1 are crowds, or have no box or area that can be; a model trained on them predicts the "
                    + "background alone; `ExperimentCheck` says what is wrong") == true)
    }

    @Test func someClassesInTheirOwnOrder() throws {
        let tree = try Tree()
        try writeTree(tree)
        let set = try dataset(tree) { $0.classes = .names(["toothbrush", "car"]) }
        #expect(set.classes.names == ["toothbrush", "car"] && set.categoryIDs == [90, 3])
        #expect(
            set.classes.palette == [
                COCODetection.benchmark.palette[79], COCODetection.benchmark.palette[2],
            ])
        #expect(set.count == 1)
        #expect(try set.sample(at: 0).instances?.map(\.label) == [0, 1])
    }

    @Test func dataOfOnesOwn() throws {
        let tree = try Tree()
        try writeTree(tree, file: "mine.json", folder: "pictures")
        let set = try dataset(tree) {
            $0.annotations = "mine.json"
            $0.images = "pictures"
            $0.filterEmpty = false
        }
        #expect(set.count == 4)
        #expect(try set.sample(at: 3).instances?.count == 1)
    }

    @Test func everyMistakeIsNamed() throws {
        let tree = try Tree()
        let layout =
            "expected the annotations in ROOT/annotations/instances_train2017.json and images in ROOT/train2017; "
            + "set root to where the data is, or annotations and images"
        func open(_ change: (inout COCODetection.Configuration) -> Void = { _ in }) -> String {
            tree.message { _ = try dataset(tree, change) }.replacing("ROOT//", with: "ROOT/")
        }
        #expect(open() == "ROOT/annotations/instances_train2017.json: no such file; \(layout)")
        try writeTree(tree)
        try FileManager.default.moveItem(
            atPath: tree.file("train2017"), toPath: tree.file("elsewhere"))
        #expect(open() == "ROOT/train2017: no such folder; \(layout)")
        try FileManager.default.moveItem(
            atPath: tree.file("elsewhere"), toPath: tree.file("train2017"))
        #expect(
            open { $0.classes = .names(["car", "tree"]) }.hasPrefix(
                "COCODetection: classes: ROOT/annotations/instances_train2017.json has no category `tree`; it has toothbrush, hair drier, "
            ))
        try tree.text(
            "small.json",
            """
            {"images": [{"id": 1, "file_name": "small.jpg", "height": 31, "width": 90}], "categories": [{"id": 1, "name": "cat"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 5, 10, 10], "area": 9}]}
            """)
        #expect(
            open { $0.classes = .names(["tie"]) }
                == "ROOT/annotations/instances_train2017.json: has no image with annotations of the classes; "
                + "set classes to names that the file has, or filter_empty: false")
        #expect(
            open {
                $0.annotations = "small.json"
                $0.images = "train2017"
                $0.classes = .names(["cat"])
            }
                == "ROOT/small.json: has 1 images with annotations of the classes, but all of them have a side under 32 pixels; scale them up, "
                + "or set filter_empty: false")
        try tree.image("train2017/a.jpg", 50, 40)
        let set = try dataset(tree)
        #expect(
            tree.message { _ = try set.sample(at: 0) }.replacing("ROOT//", with: "ROOT/")
                == "ROOT/train2017/a.jpg: is 50×40, the annotations say 40×50; correct the file of annotations"
        )
        try FileManager.default.removeItem(atPath: tree.file("train2017/a.jpg"))
        #expect(
            tree.message { _ = try set.sample(at: 0) }.replacing("ROOT//", with: "ROOT/")
                == "ROOT/train2017/a.jpg: no such file; add the image, or take it out of ROOT/annotations/instances_train2017.json"
        )
    }

    @Test func reportsCountThings() throws {
        let tree = try Tree()
        try writeTree(tree)
        let report = DatasetReport.check(
            try dataset(tree) { $0.classes = .names(["person", "car", "toothbrush", "tie"]) })
        #expect(report.instanceCounts == [0, 1, 1, 0] && report.crowds == 1)
        #expect(
            report.occurrences == [0, 1, 1, 0] && report.readable == 2 && report.problems.isEmpty)
        #expect(report.absentClasses(ClassList(names: ["a", "b", "c", "d"])) == ["a", "d"])
    }
}
