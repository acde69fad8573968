import DenseKitDetection
import DenseKitVision
import Testing

@Suite struct BoxesTests {
    @Test func overlaps() throws {
        let a = try boxes([[0, 0, 10, 10], [20, 20, 30, 40]])
        let b = try boxes([[0, 0, 10, 5], [5, 5, 15, 15], [40, 0, 50, 10]])
        #expect(try Boxes.area(a).floats() == [100, 200])
        #expect(isClose(try Boxes.iou(a, b).floats(), [0.5, 0.14285714, 0, 0, 0, 0]))
        #expect(isClose(try Boxes.iof(b, a).floats(), [1, 0, 0.25, 0, 0, 0]))
        #expect(isClose(try Boxes.iou(a, b.narrowed(0, 0, 2), .rows).floats(), [0.5, 0]))
        #expect(try Boxes.giou(a, b).shape == [2, 3])
        #expect(isClose(try Boxes.giou(a.narrowed(0, 0, 1), b).floats(), [0.5, -0.07936508, -0.6]))
    }

    /// Without area nothing is divided by 0; what is not a number stays so.
    @Test func degenerateBoxes() throws {
        let a = try boxes([[5, 5, 5, 9], [0, 0, 0, 0], [9, 9, 1, 1], [.nan, 0, 1, 1]])
        let b = try boxes([[0, 0, 10, 10], [5, 5, 5, 9]])
        let iou = try Boxes.iou(a, b).floats()
        #expect(iou[..<6] == [0, 0, 0, 0, 0, 0] && iou[6].isNaN)
        #expect(try Boxes.iof(a, b).floats()[..<6] == [0, 0, 0, 0, 0, 0])
        #expect(try Boxes.giou(a, b).floats()[..<4] == [0, 0, 0, -1])
    }

    @Test func noBoxes() throws {
        let none = try boxes([])
        let one = try boxes([[0, 0, 1, 1]])
        #expect(try Boxes.iou(none, one).shape == [0, 1] && Boxes.iou(one, none).shape == [1, 0])
        #expect(try Boxes.giou(none, none, .rows).shape == [0])
        #expect(try Boxes.clipped(none, to: Size2D(height: 2, width: 2)).shape == [0, 4])
        #expect(
            try Boxes.regions([none, none]).shape == [0, 5] && Boxes.regions([]).shape == [0, 5])
    }

    @Test func bordersScalesAndImages() throws {
        let x = try Tensor.from([Float(-3), 4, 50, 60, 1, 2, 3, 4], shape: [1, 8])
        #expect(
            try Boxes.clipped(x, to: Size2D(height: 30, width: 40)).floats() == [
                0, 4, 40, 30, 1, 2, 3, 4,
            ])
        #expect(
            try Boxes.restored(x, from: (x: 0.5, y: 2)).floats() == [-6, 2, 100, 30, 2, 1, 6, 2])
        let regions = try Boxes.regions([boxes([[1, 2, 3, 4]]), boxes([]), boxes([[5, 6, 7, 8]])])
        #expect(try regions.floats() == [0, 1, 2, 3, 4, 2, 5, 6, 7, 8])
    }

    /// The gradient of 1 − GIoU draws a box towards one that it does not touch.
    @Test func gradientWithoutOverlap() throws {
        let x = try boxes([[0, 0, 10, 10]])
        try x.setRequiresGrad(true)
        try (-Boxes.giou(x, boxes([[20, 0, 30, 10]]), .rows)).sum().backward()
        let gradient = try #require(x.grad).floats()
        #expect(gradient[2] < 0 && gradient.allSatisfy(\.isFinite))
    }
}

@Suite struct DeltaCoderTests {
    private static let odd = (means: [0.1, -0.1, 0.05, 0.2], stds: [0.3, 0.4, 0.5, 0.6])

    @Test func thereAndBack() throws {
        let coder = try DeltaCoder(means: Self.odd.means, stds: Self.odd.stds)
        let anchors = try boxes([[0, 0, 10, 20], [-5, 5, 25, 8]])
        let targets = try boxes([[3, 4, 60, 21], [1, 1, 2, 90]])
        let deltas = try coder.encode(anchors, to: targets)
        #expect(isClose(try coder.decode(anchors, deltas).floats(), try targets.floats()))
        #expect(
            isClose(
                try coder.encode(anchors, to: anchors).selected(1, 0).floats(),
                [-0.33333334, -0.33333334]))
    }

    @Test func severalBoxesOfAnAnchor() throws {
        let coder = try DeltaCoder()
        let decoded = try coder.decode(
            boxes([[0, 0, 10, 10]]), Tensor.from([Float(0), 0, 0, 0, 1, -1, 0, 0], shape: [1, 8]))
        #expect(try decoded.floats() == [0, 0, 10, 10, 10, -10, 20, 0] && decoded.shape == [1, 8])
    }

    /// Sides grow and shrink by 62.5 at most; what is not a number stays so, and borders hold all
    /// others.
    @Test func hugeDeltas() throws {
        let anchors = try boxes([
            [0, 0, 16, 16], [0, 0, 16, 16], [0, 0, 16, 16], [0, 0, 16, 16],
        ])
        let deltas = try boxes([
            [0, 0, 50, -50], [.infinity, 0, 0, 0], [.nan, 0, 0, 0], [1e38, -1e38, 1e38, 1e38],
        ])
        let free = try DeltaCoder().decode(anchors, deltas).floats()
        #expect(isClose(Array(free[..<4]), [-492, 7.872, 508, 8.128]))
        let inside = try DeltaCoder().decode(anchors, deltas, in: Size2D(height: 50, width: 100))
            .floats()
        #expect(isClose(Array(inside[..<8]), [0, 7.872, 100, 8.128, 100, 0, 100, 16]))
        #expect(inside[8].isNaN && inside[9] == 0)
        #expect(inside[12...] == [100, 0, 100, 0])
    }

    @Test func nothing() throws {
        #expect(try DeltaCoder().encode(boxes([]), to: boxes([])).shape == [0, 4])
        #expect(
            try DeltaCoder().decode(
                boxes([]), Tensor.zeros([0, 12]), in: Size2D(height: 1, width: 1)
            ).shape == [0, 12])
    }
}
