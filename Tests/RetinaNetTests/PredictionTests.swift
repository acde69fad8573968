import DenseKitCore
import Testing

@testable import DenseKitRetinaNet

/// What is found where the maps are made to say it.
@Suite struct PredictionTests {
    /// A head whose class k answers channel k of the position: 10 where it is 1, else -10. Boxes
    /// are the anchors.
    private func head(_ change: (inout RetinaNet.Configuration) -> Void = { _ in }) throws
        -> RetinaNet
    {
        let head = try retinaNet(channels: 3, change)
        var weight = [Float](repeating: 0, count: 3 * 3 * 9)
        for k in 0..<3 { weight[(k * 3 + k) * 9 + 4] = 20 }
        try withoutGrad {
            _ = try head.retinaCls.weight.copyInPlace(Tensor.from(weight, shape: [3, 3, 3, 3]))
            _ = try head.retinaCls.bias?.fillInPlace(-10)
            _ = try head.retinaReg.weight.fillInPlace(0)
        }
        try head.setTraining(false)
        return head
    }

    /// Maps that are 0 but at some places: level, image, class, row, column, value.
    private func maps(_ places: [(Int, Int, Int, Int, Int, Float)], images: Int = 1) throws
        -> [Tensor]
    {
        try [(4, 6), (2, 3)].enumerated().map { level, size in
            let (h, w) = size
            var values = [Float](repeating: 0, count: images * 3 * h * w)
            for place in places where place.0 == level {
                values[((place.1 * 3 + place.2) * h + place.3) * w + place.4] = place.5
            }
            return try Tensor.from(values, shape: [images, 3, h, w])
        }
    }

    private func found(_ head: RetinaNet, _ maps: [Tensor], _ step: ForwardPass) throws
        -> [Detections]
    {
        let predictions = try withoutGrad { try head.predictions(maps, step) }
        return try #require(predictions as? DetectionPredictions).images
    }

    /// Anchors are 4 strides wide and high, around the corner of their cell; they end at the
    /// image's borders.
    @Test func anchorsInPixelsOfTheOriginal() throws {
        let geometry = ImageGeometry(
            size: Size2D(height: 30, width: 40), paddedSize: Size2D(height: 32, width: 48),
            originalSize: Size2D(height: 60, width: 160), scale: (0.25, 0.5))
        let seen = try found(
            head(), maps([(0, 0, 2, 3, 4, 1), (1, 0, 0, 0, 1, 0.9)]), step([geometry]))
        #expect(seen.count == 1 && seen[0].count == 2)
        #expect(try seen[0].labels.integers() == [2, 0])
        // (16…48, 8…40) at stride 8; (-16…48, -32…32) at stride 16: cut off at 40×30, then divided
        // by the scale.
        #expect(try seen[0].boxes.floats() == [64, 16, 160, 60, 0, 0, 160, 60])
        let scores = try seen[0].scores.floats()
        #expect(abs(scores[0] - 0.9999546) < 1e-6 && abs(scores[1] - 0.99966466) < 1e-6)
    }

    /// Neighbours at one row overlap by IoU 0.6, of one class or of two; every image by itself.
    @Test func suppressionByClassAndImage() throws {
        let places: [(Int, Int, Int, Int, Int, Float)] = [
            (0, 0, 1, 2, 2, 1), (0, 0, 1, 2, 3, 0.9), (0, 0, 0, 2, 3, 0.8), (0, 1, 1, 2, 3, 0.9),
        ]
        let geometry = ImageGeometry(Size2D(height: 32, width: 48))
        let seen = try found(head(), maps(places, images: 2), step([geometry, geometry]))
        #expect(try seen.map { try $0.labels.integers() } == [[1, 0], [1]])
        #expect(
            try found(
                head { $0.nmsThreshold = 0.7 }, maps(places, images: 2), step([geometry, geometry]))[
                    0
                ].count == 3)
    }

    @Test func limits() throws {
        let places: [(Int, Int, Int, Int, Int, Float)] = [
            (0, 0, 0, 0, 0, 1), (0, 0, 0, 3, 5, 0.9), (1, 0, 1, 1, 2, 0.6), (0, 0, 2, 0, 3, 0.55),
        ]
        func scores(_ change: (inout RetinaNet.Configuration) -> Void) throws -> [Int64] {
            try found(head(change), maps(places), step())[0].labels.integers()
        }
        #expect(try scores { _ in } == [0, 0, 1, 2])
        #expect(try scores { $0.maxPerImage = 3 } == [0, 0, 1])
        // 0.55 makes a logit of 1, 0.73
        #expect(try scores { $0.scoreThreshold = 0.8 } == [0, 0, 1])
        #expect(try scores { $0.perLevel = 2 } == [0, 0, 1])  // the third of the finest level goes
    }

    @Test func nothing() throws {
        let seen = try found(head(), maps([]), step())
        #expect(
            seen.count == 1 && seen[0].count == 0 && seen[0].boxes.shape == [0, 4]
                && seen[0].labels.shape == [0])
    }

    @Test func recordedLevels() throws {
        var names: Set<String> = []
        _ = try found(
            head(), maps([]),
            ForwardPass(images: [ImageGeometry(Size2D(height: 32, width: 48))]) { name, _ in
                names.insert(name)
            })
        #expect(names == ["cls.0", "cls.1", "bbox.0", "bbox.1"])
    }
}
