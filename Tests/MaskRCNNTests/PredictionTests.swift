import DenseKitCore
import Testing

@testable import DenseKitMaskRCNN

@Suite("Predicting") struct PredictionTests {
    /// A head that takes every proposal for class 1, where it is.
    private func sure(_ change: (inout MaskRCNN.Configuration) -> Void = { _ in }) throws
        -> MaskRCNN
    {
        let head = try small([pyramid[0], pyramid[1]], classes: 2, change)
        try withoutGrad {
            for tensor in [head.roiHead.bboxHead.fcCls, head.roiHead.bboxHead.fcReg] {
                try tensor.weight.fillInPlace(0)
                try tensor.bias?.fillInPlace(0)
            }
            try head.roiHead.bboxHead.fcCls.bias?.copyInPlace(Tensor.from([0, 6, 0] as [Float]))
        }
        try head.setTraining(false)
        return head
    }

    private func detect(_ head: MaskRCNN, _ maps: [Tensor], _ step: ForwardPass) throws
        -> [Detections]
    {
        let predictions = try withoutGrad { try head.predictions(maps, step) }
        return try #require(predictions as? DetectionPredictions).images
    }

    @Test(
        "Detections are ordered, within the image, in the file's pixels, and not more than asked for"
    )
    func detections() throws {
        let head = try sure { $0.box.maxPerImage = 7 }
        let levels = try maps(2, [pyramid[0], pyramid[1]])
        var proposals: [Float] = []
        let geometries = [
            ImageGeometry(square),
            ImageGeometry(
                size: Size2D(height: 40, width: 48), paddedSize: square,
                originalSize: Size2D(height: 20, width: 96),
                scale: (0.5, 2)),
        ]
        let step = ForwardPass(images: geometries) {
            if $0 == "proposals" { proposals = try $1.floats() }
        }
        let found = try detect(head, levels, step)
        #expect(found.count == 2 && found.map(\.count) == [7, 7])
        for (image, detections) in found.enumerated() {
            let scores = try detections.scores.floats()
            #expect(
                zip(scores, scores.dropFirst()).allSatisfy { $0 >= $1 }
                    && scores.allSatisfy { $0 > 0.9 })
            #expect(try detections.labels.integers().allSatisfy { $0 == 1 })
            #expect(detections.masks?.shape == [7, 8, 8])
            let limits = try detections.boxes.amax(0).floats()
            let original = geometries[image].originalSize
            #expect(
                limits[2] <= Float(original.width) + 1e-3
                    && limits[3] <= Float(original.height) + 1e-3)
            #expect(try detections.boxes.amin().item() >= 0)
        }
        // Deltas of 0 leave the proposals where they are.
        let first = try found[0].boxes.floats().prefix(4)
        #expect(
            stride(from: 0, to: proposals.count, by: 5).contains { place in
                zip(proposals[place..<(place + 4)], first).allSatisfy { abs($0 - $1) < 1e-3 }
            })
    }

    @Test(
        "The masks are probabilities of the detected class, read from where the box is in the batch"
    )
    func masks() throws {
        let head = try sure { $0.box.maxPerImage = 4 }
        let mask = try #require(head.roiHead.maskHead)
        try withoutGrad {
            _ = try mask.convLogits.bias?.copyInPlace(Tensor.from([-20, 20] as [Float]))
        }
        let levels = try maps(1, [pyramid[0], pyramid[1]])
        let found = try detect(head, levels, step(1))[0]
        #expect(try #require(found.masks).amin().item() > 0.99)  // class 1's
        // The same boxes at another scale of the file have the same masks.
        try withoutGrad {
            _ = try mask.convLogits.bias?.copyInPlace(Tensor.from([0, 0] as [Float]))
        }
        let half = ImageGeometry(
            size: square, paddedSize: square, originalSize: Size2D(height: 32, width: 32),
            scale: (2, 2))
        let one = try detect(head, levels, step(1))[0]
        let other = try detect(head, levels, ForwardPass(images: [half]))[0]
        #expect(try (one.boxes - other.boxes * 2).abs().amax().item() < 1e-3)
        #expect(try (#require(one.masks) - #require(other.masks)).abs().amax().item() < 1e-3)
    }

    @Test(
        "Where nothing is certain enough, or nothing is proposed, nothing is detected",
        arguments: [true, false])
    func nothing(_ proposes: Bool) throws {
        let head = try sure {
            if proposes { $0.box.scoreThreshold = 1 } else { $0.rpn.testProposals.minSize = 1000 }
        }
        let found = try detect(head, maps(2, [pyramid[0], pyramid[1]]), step(2))
        #expect(
            found.map(\.boxes.shape) == [[0, 4], [0, 4]] && found.map(\.scores.shape) == [[0], [0]])
        #expect(
            found.map(\.labels.shape) == [[0], [0]]
                && found.allSatisfy { $0.labels.dtype == .int64 })
        #expect(found.map { $0.masks?.shape } == [[0, 8, 8], [0, 8, 8]])
    }

    @Test("Faster R-CNN's detections have no masks")
    func fasterRCNN() throws {
        let head = try sure { $0.mask = nil }
        let found = try detect(head, maps(1, [pyramid[0], pyramid[1]]), step(1))
        #expect(found[0].count > 0 && found[0].masks == nil)
        let losses = try head.losses(
            maps(1, [pyramid[0], pyramid[1]]),
            Targets(instances: [groundTruth([[8, 8, 40, 48]], masks: false)]), step(1))
        #expect(
            losses.entries.map(\.name) == [
                "loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "loss_bbox",
            ])
    }
}
