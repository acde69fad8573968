import DenseKitCore
import Testing

@testable import DenseKitMaskRCNN

@Suite("Learning") struct LearningTests {
    private let boxes: [[Float]] = [[8, 8, 40, 48], [30, 2, 62, 20]]

    /// The losses of a step by name, and every parameter's gradient.
    private func learn(
        _ head: MaskRCNN, _ groundTruths: [InstanceTargets], metrics: Bool = false,
        observe: ((String, Tensor) throws -> Void)? = nil
    ) throws -> (names: [String], values: [Double], gradients: [String: Double?]) {
        let losses = try head.losses(
            maps(groundTruths.count), Targets(instances: groundTruths),
            step(groundTruths.count, metrics: metrics, observe: observe))
        try #require(try losses.total()).backward()
        let gradients = try head.namedParameters().map {
            ($0.name, try $0.tensor.grad?.abs().amax().item())
        }
        return (
            losses.entries.map(\.name), try losses.entries.map { try $0.value.item() },
            Dictionary(uniqueKeysWithValues: gradients)
        )
    }

    @Test(
        "A step has mmdetection's losses, and a gradient for every weight",
        arguments: [false, true])
    func whole(_ agnostic: Bool) throws {
        let head = try small {
            $0.box.classAgnostic = agnostic
            $0.mask?.classAgnostic = agnostic
        }
        let found = try learn(
            head, [groundTruth(boxes), groundTruth([[16, 16, 60, 60]])], metrics: true)
        #expect(
            found.names == [
                "loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "acc", "loss_bbox", "loss_mask",
            ])
        #expect(
            found.values.allSatisfy { $0.isFinite && $0 >= 0 }
                && (0...100).contains(found.values[3]))
        #expect(abs(found.values[0] - 0.69) < 0.05 && found.values[5] > 0)  // even odds at first
        #expect(found.gradients.values.allSatisfy { ($0 ?? 0) > 0 })
        #expect(try learn(head, [groundTruth(boxes)]).names.contains("acc") == false)
    }

    @Test("Without boxes there is background to learn, and nothing for boxes and masks")
    func noGroundTruth() throws {
        let head = try small()
        let empty = try groundTruth([])
        for groundTruths in try [
            [empty, empty], [groundTruth(boxes), empty], [empty, groundTruth(boxes)],
        ] {
            for parameter in try head.namedParameters() { try parameter.tensor.clearGrad() }
            let found = try learn(head, groundTruths)
            #expect(
                found.names == [
                    "loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "loss_bbox", "loss_mask",
                ])
            #expect(
                found.values.allSatisfy(\.isFinite) && found.values[0] > 0 && found.values[2] > 0)
            #expect(found.gradients.values.allSatisfy { $0 != nil })
            let hasGroundTruth = groundTruths.contains { $0.boxes.size(0) > 0 }
            #expect(
                (found.values[1] > 0) == hasGroundTruth && (found.values[3] > 0) == hasGroundTruth
                    && (found.values[4] > 0) == hasGroundTruth)
            #expect(
                (found.gradients["roi_head.mask_head.conv_logits.bias"] ?? nil) == 0
                    || hasGroundTruth)
            // A truth without masks, where nothing is to be seen, is no mistake.
            var without = empty
            without.masks = nil
            _ = try learn(head, [without, without])
        }
    }

    @Test("A batch without proposals and truth has losses of 0 for what would look at them")
    func noProposals() throws {
        let head = try small { $0.rpn.trainProposals.minSize = 1000 }
        let found = try learn(head, [groundTruth([])])
        #expect(
            found.names == ["loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "loss_bbox", "loss_mask"])
        #expect(Array(found.values[1...]) == [0, 0, 0, 0])
        #expect(
            found.gradients.allSatisfy {
                $0.value != nil && ($0.key.hasPrefix("roi_head") ? $0.value == 0 : true)
            })
        // The truth's own boxes are looked at where nothing else is.
        let own = try learn(head, [groundTruth(boxes)])
        #expect(own.values[2] > 0 && own.values[4] > 0)
    }

    @Test("Anchors in the batch's padding are not learnt from")
    func padding() throws {
        let head = try small { $0.rpn.sampler.count = 10000 }
        var counts: [Int] = []
        for side in [64, 32] {
            let geometry = ImageGeometry(
                size: Size2D(height: side, width: 64), paddedSize: Size2D(height: side, width: 64),
                originalSize: square,
                scale: (1, 1))
            let step = ForwardPass(images: [geometry], randomSource: .inOrder) { name, tensor in
                if name.hasPrefix("rpn.neg_inds") || name.hasPrefix("rpn.pos_inds") {
                    counts.append(tensor.count)
                }
            }
            _ = try head.losses(maps(1), Targets(instances: [groundTruth([])]), step)
        }
        // 3 anchors at 256 + 64 + 16 + 4 + 1 positions, and at 128 + 32 + 8 + 2 + 1
        #expect(counts == [0, 1023, 0, 513])
    }

    @Test("What is sampled is shown, and the losses are those of the samples")
    func samples() throws {
        let head = try small()
        var seen: [String: Tensor] = [:]
        let found = try learn(head, [groundTruth(boxes), groundTruth([[16, 16, 60, 60]])]) {
            seen[$0] = $1
        }
        let perLevel = try ["loss_rpn_cls", "loss_rpn_bbox"].map { try #require(seen[$0]).floats() }
        #expect(perLevel.map(\.count) == [5, 5])
        for (index, levels) in perLevel.enumerated() {
            #expect(abs(Double(levels.reduce(0, +)) - found.values[index]) < 1e-5)
        }
        let targets = try #require(seen["rcnn.mask_targets"])
        let positives = try (0..<2).map { try #require(seen["rcnn.pos_inds.\($0)"]).count }
        #expect(targets.shape == [positives.reduce(0, +), 8, 8])
        // The truth's own boxes come first, and their masks fill them.
        #expect(try #require(seen["rcnn.pos_inds.0"]).integers().prefix(2) == [0, 1])
        #expect(try targets.narrowed(0, 0, 2).amin().item() == 1)
        for image in 0..<2 {
            let negatives = try #require(seen["rcnn.neg_inds.\(image)"]).count
            #expect(positives[image] <= 4 && positives[image] + negatives <= 16)
            #expect(try #require(seen["rcnn.pos_boxes.\(image)"]).shape == [positives[image], 4])
        }
    }
}
