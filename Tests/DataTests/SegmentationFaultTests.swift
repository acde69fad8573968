import DenseKitVision
import Testing

@testable import DenseKitData

private let size = Size2D(height: 64, width: 64)
private let square: [Double] = [10, 10, 30, 10, 30, 30, 10, 30]
private let box = BoundingBox(x1: 10, y1: 10, x2: 30, y2: 30)

private func runs(_ counts: [Int], _ size: Size2D) throws -> SampleInstance.Shape {
    .runLengths(try RunLengthMask(counts: counts, size: size))
}

@Suite struct SegmentationFaultTests {
    @Test func whatCannotBeLearntSaysWhy() throws {
        let shapes: [(shape: SampleInstance.Shape, fault: SegmentationFault)] = try [
            (.polygons([[]]), .missing), (.polygons([]), .missing),
            (.polygons([[10, 10, 20, 20]]), .box), (.polygons([[10, 10], [1, 2, 3, 4]]), .box),
            (.polygons([[10, 10]]), .corners), (.polygons([[10, 10, 30, 10, 30]]), .odd),
            (.polygons([square + [7]]), .odd),
            (.polygons([square.map { $0 * 1e10 }]), .coordinate),
            (.polygons([[.nan, 1, 2, 3, 4, 5]]), .coordinate),
            (.polygons([square.map { $0 / 64 }]), .normalized),
            (runs([0, 1024], Size2D(height: 32, width: 32)), .size),
            (runs([4096], size), .outside), (.polygons([square.map { $0 + 100 }]), .outside),
            (.polygons([[10, 10, 10, 30, 10, 20]]), .outside),
            (.polygons([square.map { $0 + 25 }]), .away),
        ]
        for (shape, fault) in shapes {
            #expect(throws: fault, "\(shape)") { try shape.learnableMask(in: size, box: box) }
        }
        #expect(shapes.map(\.fault).allSatisfy(SegmentationFault.inOrder.contains))
    }

    /// mmdetection's rule: of several polygons those stay that are some.
    @Test func polygonsThatAreNoneAreLeftOut() throws {
        let expected = try RunLengthMask(polygons: [square], size: size)
        for rest in [[[1, 2]], [[1, 2, 3, 4]], [square + [7]], [[]], []] as [[[Double]]] {
            #expect(
                try SampleInstance.Shape.polygons([square] + rest).learnableMask(in: size, box: box)
                    == expected)
            #expect(
                try SampleInstance.Shape.polygons(rest + [square]).learnableMask(in: size, box: box)
                    == expected)
        }
        // Something small at the origin is no mistake.
        let small = SampleInstance.Shape.polygons([[0, 0, 1, 0, 1, 1, 0, 1]])
        #expect(
            try small.learnableMask(in: size, box: BoundingBox(x1: 0, y1: 0, x2: 1, y2: 1)).area
                == 1)
    }

    /// It is neither background nor an empty mask, but a region from which nothing is learnt.
    @Test func aSampleIgnoresThem() throws {
        func instance(_ id: Int64, _ shape: SampleInstance.Shape?) -> SampleInstance {
            SampleInstance(box: box, label: 0, area: 9, id: id, shape: shape)
        }
        let instances = [
            instance(1, .polygons([square])), instance(2, nil),
            instance(3, .polygons([[1, 2, 3, 4]])),
            instance(4, .polygons([square.map { $0 / 64 }])),
        ]
        let learnt = DataSample(
            name: "a", image: picture(64, 64), instances: instances, wantsMasks: true)
        #expect(learnt.instances?.map(\.isCrowd) == [false, true, true, true])
        #expect(learnt.instances?.map(\.box) == [box, box, box, box])
        #expect(try learnt.masks() == RunLengthMask(polygons: [square], size: size).bitmap())
        let boxes = DataSample(name: "a", image: picture(64, 64), instances: instances)
        #expect(boxes.instances == instances)
    }
}

@Suite struct FindingCountTests {
    @Test func theFirstThreeInOrder() {
        var tally = FindingCount()
        #expect(tally.count == 0)
        tally.add("e", order: 5)
        #expect(tally.examples == "e")
        tally.add("a", order: 1)
        #expect(tally.examples == "a and e")
        tally.add("c", order: 3)
        #expect(tally.examples == "a, c and e")
        var other = FindingCount()
        other.add("b", order: 2)
        other.add("b2", order: 2)
        tally.add(other)
        #expect(tally.count == 5 && tally.examples == "a, b, b2, …")
    }

    @Test func aFewImagesMayAlwaysBeSkipped() {
        func allowed(_ share: Double, _ images: Int, seen: Int) -> Int {
            SkipLimit(share: share, images: images).allowed(imagesRead: seen)
        }
        #expect([1, 2, 3, 4, 8, 30].map { allowed(0.1, $0, seen: $0) } == [0, 1, 1, 2, 3, 3])
        #expect(allowed(0.1, 100, seen: 1) == 10 && allowed(0.1, 100_000, seen: 1) == 100)
        #expect(
            allowed(0.1, 100_000, seen: 50_000) == 5000
                && allowed(0.1, 100_000, seen: 900_000) == 10_000)
        #expect(allowed(1, 8, seen: 2) == 8 && allowed(0, 8, seen: 8) == 0)
    }
}
