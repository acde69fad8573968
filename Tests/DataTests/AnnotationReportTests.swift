import DenseKitData
import DenseKitVision
import Testing

private let size = Size2D(height: 64, width: 64)

/// Images with the annotations that a test gives them.
private struct Annotated: InstanceDataset {
    let classes = ClassList(names: ["a", "b"])
    let categoryIDs: [Int64] = [1, 2]
    let hasMasks = false
    let annotationPath: String? = "ann.json"
    var images: [[AnnotatedInstance]]

    var count: Int { images.count }
    func imageID(at index: Int) -> Int64 { Int64(index) + 1 }
    func size(at index: Int) -> Size2D? { Size2D(height: 64, width: 64) }
    func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedInstance] { images[index] }
    func sample(at index: Int) throws -> DataSample {
        DataSample(name: "\(index).jpg", image: picture(64, 64), instances: [])
    }
}

private func thing(
    _ id: Int64, _ box: [Double] = [10, 10, 20, 20], area: Double = 400, crowd: Bool = false,
    _ shape: SampleInstance.Shape? = nil
) -> AnnotatedInstance {
    AnnotatedInstance(
        id: id, label: 0, box: COCOBox(x: box[0], y: box[1], width: box[2], height: box[3]),
        area: area, isCrowd: crowd,
        shape: shape)
}

/// A thing at the usual place.
private func thing(_ id: Int64, _ shape: SampleInstance.Shape) -> AnnotatedInstance {
    thing(id, [10, 10, 20, 20], shape)
}

private func polygon(_ numbers: [Double]) -> SampleInstance.Shape { .polygons([numbers]) }

private let square = polygon([10, 10, 30, 10, 30, 30, 10, 30])

private func check(
    _ images: [[AnnotatedInstance]], masks: Bool = false, _ part: DatasetReport.Part = .training,
    limit: Int? = nil,
    threads: Int = 2
) -> DatasetReport {
    var options = DatasetReport.Options()
    options.part = part
    options.wantsMasks = masks
    options.limit = limit
    return DatasetReport.check(Annotated(images: images), threads: threads, options: options)
}

@Suite struct AnnotationReportTests {
    @Test func soundAnnotationsAreNotTalkedOf() {
        for part in [DatasetReport.Part.training, .validation] {
            let report = check(
                [
                    [thing(1, square), thing(2, crowd: true)],
                    [thing(3, [0, 0, 64, 64], square.scaled)],
                ], masks: true, part)
            #expect(report.problems == [] && report.warnings == [])
        }
    }

    @Test func crowdsAlone() {
        let report = check([
            [thing(1, crowd: true), thing(2, crowd: true)], [thing(3, crowd: true)],
        ])
        #expect(
            report.problems == [
                "ann.json: nothing to train on: none of the 3 annotations can be trained on: 3 are crowds (iscrowd: 1), which are regions to ignore"
            ])
        #expect(
            check([[thing(1, crowd: true)]], .validation).problems.first?.contains(
                "nothing to measure: none of the 1 ann")
                == true)
    }

    @Test func boxesDividedByTheSides() {
        let boxes = (1...4).map {
            thing($0, $0 == 4 ? [0.5, 0.5, 1, 1] : [0.1, 0.2, 0.5, 0.9], area: 0.45)
        }
        let report = check([boxes])
        let words =
            "have a box within 0…1, as if divided by the sides of the image; COCO's boxes are pixels"
        let first =
            "annotation 1 of image 0.jpg, annotation 2 of image 0.jpg, annotation 3 of image 0.jpg, …"
        #expect(
            report.problems == [
                "ann.json: nothing to train on: none of the 4 annotations can be trained on: 4 \(words) (\(first))"
            ])
        #expect(report.warnings == [])
        #expect(check([boxes], .validation).problems.count == 1)
        let some = check([boxes + [thing(9)]])
        #expect(
            some.problems == []
                && some.warnings == [
                    "ann.json: 4 of 5 annotations \(words); training skips them: \(first)"
                ])
    }

    @Test func whatTrainingSkips() {
        let odd = [
            thing(1, area: 0), thing(2, [5, 5, 0, 9]), thing(3, [5, 5, 9, -9]),
            thing(4, [70, 5, 9, 9]), thing(5, crowd: true),
        ]
        let report = check([odd])
        #expect(
            report.problems == [
                "ann.json: nothing to train on: none of the 5 annotations can be trained on: 1 are crowds (iscrowd: 1), which are regions to ignore; "
                    + "2 have a box with a side under one pixel (annotation 2 of image 0.jpg and annotation 3 of image 0.jpg); "
                    + "1 have a box outside the image (annotation 4 of image 0.jpg); "
                    + "1 have an `area` of 0 or less (annotation 1 of image 0.jpg)"
            ])
        #expect(
            check([odd + [thing(6)]]).warnings == [
                "ann.json: 2 of 6 annotations have a box with a side under one pixel; training skips them: annotation 2 of image 0.jpg and "
                    + "annotation 3 of image 0.jpg",
                "ann.json: 1 of 6 annotations have a box outside the image; training skips them: annotation 4 of image 0.jpg",
                "ann.json: 1 of 6 annotations have an `area` of 0 or less; training skips them: annotation 1 of image 0.jpg",
            ])
        // COCO measures an annotation without an area.
        #expect(check([[thing(1, area: 0)]], .validation).problems == [])
        #expect(
            check([[]]).problems == [
                "ann.json: nothing to train on: no image has an annotation of the classes"
            ])
    }

    @Test func cornersInPlaceOfSides() {
        let corners = [
            thing(1, [10, 10, 40, 60]), thing(2, [20, 5, 60, 50]), thing(3, [2, 2, 8, 9]),
            thing(4, [30, 30, 64, 64]),
        ]
        #expect(
            check([corners]).warnings == [
                "ann.json: 3 of 4 annotations have a box that contradicts image, segmentation or area as [x, y, width, height], and fits as "
                    + "corners [x1, y1, x2, y2]; COCO's boxes are [x, y, width, height]: subtract x and y: annotation 1 of image 0.jpg, "
                    + "annotation 2 of image 0.jpg and annotation 4 of image 0.jpg"
            ])
        // Boxes that stay within the image are given away by their masks.
        let inside = thing(1, [10, 10, 30, 30], polygon([10, 10, 30, 10, 30, 30, 10, 30]))
        #expect(check([[inside]]).warnings.first?.contains("fits as corners") == true)
        // Or by their areas, where these are right.
        let small = [thing(1, [10, 10, 20, 20], area: 100), thing(2, [4, 2, 14, 22], area: 200)]
        #expect(
            check([small]).warnings.first?.hasPrefix(
                "ann.json: 2 of 2 annotations have a box that contradicts") == true)
        // One that is too large among sound ones is no such thing.
        let large = check([
            [
                thing(1, [10, 10, 60, 60]), thing(2), thing(3), thing(4),
                thing(5, [40, 40, 10, 10]), thing(6),
            ]
        ])
        #expect(
            large.warnings == [
                "ann.json: 1 of 6 annotations have a box that leaves the image by more than a pixel; training clips them to the image: "
                    + "annotation 1 of image 0.jpg"
            ])
    }

    @Test func aFewCornersAreToldToo() {
        let sound = (1...9).map { thing(Int64($0), square) }
        // As corners the box is 20×20, as its area says.
        let report = check([sound + [thing(10, [10, 10, 30, 30], area: 400)]])
        #expect(
            report.warnings.count == 1
                && report.warnings.first?.contains("1 of 10 annotations have a box that") == true)
    }

    @Test func polygonsThatAreMeasuredAreNoProblemOfValidation() {
        let odd = polygon([10, 10, 30, 10, 30, 30, 10])
        #expect(check([[thing(1, odd)]], masks: true, .training).problems.count == 1)
        #expect(check([[thing(1, odd)]], masks: true, .validation).problems == [])
    }

    @Test func masksAwayFromTheirBoxes() {
        let far = polygon([25, 25, 45, 25, 45, 45, 25, 45])
        let report = check([[thing(1, square)], [thing(2, far), thing(3, square)]], masks: true)
        let words =
            "a segmentation that lies elsewhere than the box (IoU under 0.5); correct one of the two: annotation 2 of image 1.jpg"
        #expect(
            report.problems == []
                && report.warnings == ["ann.json: 1 of 3 annotations have \(words)"])
        #expect(
            check([[thing(1, square)], [thing(2, far), thing(3, square)]]).warnings
                == report.warnings)
    }

    /// Every kind with its file, image and number; nothing of it where boxes alone are wanted.
    @Test func segmentationsThatAreNone() throws {
        var broken = thing(7)
        broken.shapeProblem = "annotation 7: the runs cover 3 pixels"
        let odd = [
            thing(1), thing(2, polygon([10, 10, 20, 20])), thing(3, polygon([1, 2])),
            thing(4, polygon([10, 10, 30, 10, 30])),
            thing(5, polygon([0.1, 0.1, 0.4, 0.1, 0.4, 0.4])),
            thing(
                6,
                .runLengths(try RunLengthMask(counts: [0, 9], size: Size2D(height: 3, width: 3)))),
            broken,
            thing(8, .polygons([[10, 10, 30, 10, 30, 30, 10, 30], [1, 2]])),
            thing(9, polygon([99, 99, 110, 99, 110, 110])),
            thing(10, polygon([40, 40, 50, 40, 50, 50])),
        ]
        let learnt = "they become regions on which nothing is trained"
        let expected = [
            "no segmentation; \(learnt): annotation 1",
            "a segmentation of four numbers, a box, where a polygon is wanted; \(learnt): annotation 2",
            "polygons of fewer than three corners; \(learnt): annotation 3",
            "polygons with an odd number of coordinates; \(learnt): annotation 4",
            "polygons within 0…1, as if divided by the sides of the image; pixels are wanted; \(learnt): annotation 5",
            "run lengths of another size than the image; \(learnt): annotation 6",
            "run lengths that are no mask; \(learnt): annotation 7",
            "a segmentation that covers no pixel of the image; \(learnt): annotation 9",
            "a segmentation that covers no pixel of the box; \(learnt): annotation 10",
            "polygons that are none beside others (an odd number of coordinates, or fewer than three corners); masks leave these polygons out: "
                + "annotation 8",
        ]
        for threads in [1, 3] {
            let report = check([[thing(11, square)], odd], masks: true, threads: threads)
            #expect(report.problems == [])
            #expect(
                report.warnings
                    == expected.map { "ann.json: 1 of 11 annotations have \($0) of image 1.jpg" })
        }
        let none = check([odd.filter { $0.id != 8 }], masks: true)
        #expect(none.problems.count == 1 && none.warnings == [])
        let problem = try #require(none.problems.first)
        #expect(
            problem.hasPrefix(
                "ann.json: nothing to train on: no mask, as none of the 9 annotations that can be trained on has one: 1 have no seg"
            ))
        let boxes = check([odd])
        #expect(
            boxes.problems == []
                && boxes.warnings.allSatisfy { $0.contains("lies elsewhere than the box") })
    }

    @Test func aPartOfTheDataCannotTellThatNothingIsThere() {
        let report = check([[thing(1, crowd: true)], [thing(2)]], limit: 1)
        #expect(report.readable == 1 && report.problems == [])
        #expect(
            report.warnings.first?.hasPrefix("in the first 1 images: ann.json: nothing to train on")
                == true)
    }
}

extension SampleInstance.Shape {
    /// The outline of the whole image.
    fileprivate var scaled: SampleInstance.Shape { .polygons([[0, 0, 64, 0, 64, 64, 0, 64]]) }
}
