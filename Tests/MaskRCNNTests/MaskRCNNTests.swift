import DenseKitCore
import Testing

@testable import DenseKitMaskRCNN

@Suite struct MaskRCNNTests {
    private func keys(_ head: MaskRCNN) throws -> [String] {
        try head.namedTensors().map { "\($0.name) \($0.tensor.shape)" }
    }

    @Test("Keys and shapes are mmdetection's")
    func official() throws {
        let head = try small(
            [FeatureSpec(channels: 256, stride: 4), FeatureSpec(channels: 256, stride: 8)],
            classes: 80
        ) {
            $0 = MaskRCNN.Configuration()
        }
        let convs = (0..<4).flatMap {
            [
                "roi_head.mask_head.convs.\($0).conv.weight [256, 256, 3, 3]",
                "roi_head.mask_head.convs.\($0).conv.bias [256]",
            ]
        }
        #expect(
            try keys(head) == [
                "rpn_head.rpn_conv.weight [256, 256, 3, 3]", "rpn_head.rpn_conv.bias [256]",
                "rpn_head.rpn_cls.weight [3, 256, 1, 1]", "rpn_head.rpn_cls.bias [3]",
                "rpn_head.rpn_reg.weight [12, 256, 1, 1]",
                "rpn_head.rpn_reg.bias [12]",
                "roi_head.bbox_head.shared_fcs.0.weight [1024, 12544]",
                "roi_head.bbox_head.shared_fcs.0.bias [1024]",
                "roi_head.bbox_head.shared_fcs.1.weight [1024, 1024]",
                "roi_head.bbox_head.shared_fcs.1.bias [1024]",
                "roi_head.bbox_head.fc_cls.weight [81, 1024]",
                "roi_head.bbox_head.fc_cls.bias [81]",
                "roi_head.bbox_head.fc_reg.weight [320, 1024]",
                "roi_head.bbox_head.fc_reg.bias [320]",
            ] + convs + [
                "roi_head.mask_head.upsample.weight [256, 256, 2, 2]",
                "roi_head.mask_head.upsample.bias [256]",
                "roi_head.mask_head.conv_logits.weight [80, 256, 1, 1]",
                "roi_head.mask_head.conv_logits.bias [80]",
            ])
        #expect(head.checkpointKey.isEmpty && head.logPrefix == nil)
    }

    @Test("Classes may share boxes and masks, and a head without masks is Faster R-CNN")
    func variants() throws {
        let shared = try keys(
            small {
                $0.box.classAgnostic = true
                $0.mask?.classAgnostic = true
            })
        #expect(
            shared.contains("roi_head.bbox_head.fc_reg.weight [4, 8]")
                && shared.contains("roi_head.mask_head.conv_logits.bias [1]"))
        #expect(shared.contains("roi_head.bbox_head.fc_cls.weight [4, 8]"))
        let boxes = try keys(small { $0.mask = nil })
        #expect(
            !boxes.contains { $0.contains("mask_head") }
                && boxes.contains("roi_head.bbox_head.fc_reg.weight [12, 8]"))
        let bare = try keys(
            small {
                $0.box.layers = 0
                $0.mask?.convs = 0
            })
        #expect(
            bare.contains("roi_head.bbox_head.fc_cls.weight [4, 36]")
                && bare.contains("roi_head.mask_head.upsample.weight [4, 5, 2, 2]"))
    }

    @Test("Settings survive a file, also the mask that is none")
    func roundTrip() throws {
        for written in ["{}", "{mask: null}", "{mask: {convs: 1}, rpn: {scales: [4, 8]}}"] {
            let settings = try MaskRCNN.Configuration.decode(yaml: written)
            let again = try ComponentNode("MaskRCNN", settings).settings(
                MaskRCNN.Configuration.self)
            #expect(ComponentNode("MaskRCNN", settings) == ComponentNode("MaskRCNN", again))
            #expect((again.mask == nil) == written.contains("null"))
        }
        let settings = try MaskRCNN.Configuration.decode(yaml: "{box: {sampler: {count: 8}}}")
        #expect(settings.box.sampler.count == 8 && settings.box.sampler.positiveFraction == 0.25)
        #expect(
            settings.rpn.sampler.positiveFraction == 0.5 && settings.rpn.assigner.positive == 0.7)
    }

    @Test("Weights start as mmdetection's, or as the layers are built")
    func initialization() throws {
        let prior = try small()
        let reference = try small { $0.initialization = .reference }
        func tensor(_ head: MaskRCNN, _ key: String) throws -> Tensor {
            try #require(head.namedTensors().first { $0.name == key }?.tensor)
        }
        for key in [
            "rpn_head.rpn_cls", "rpn_head.rpn_reg", "roi_head.bbox_head.fc_cls",
            "roi_head.mask_head.conv_logits",
        ] {
            #expect(try tensor(prior, key + ".bias").abs().amax().item() == 0)
            #expect(try tensor(reference, key + ".bias").abs().amax().item() > 0)
        }
        #expect(try tensor(prior, "roi_head.bbox_head.fc_reg.weight").abs().amax().item() < 0.01)
        #expect(try tensor(prior, "rpn_head.rpn_conv.weight").abs().amax().item() < 0.06)
        #expect(try tensor(reference, "roi_head.bbox_head.fc_reg.weight").abs().amax().item() > 0.1)
        let bound = (6.0 / (36 + 8)).squareRoot()
        let largest = try tensor(prior, "roi_head.bbox_head.shared_fcs.0.weight").abs().amax()
            .item()
        #expect(largest <= bound && largest > 0.9 * bound)
    }

    /// 64×64: 256 + 64 + 16 + 4 + 1 positions.
    @Test("Counted are all levels, 1000 boxes and 100 masks", arguments: [true, false])
    func counts(_ hasMasks: Bool) throws {
        let counter = OperationCounter()
        try withDevice(.meta) {
            let head = try small { if !hasMasks { $0.mask = nil } }
            let levels = try pyramid.map {
                try Tensor.zeros([1, 4, 64 / $0.stride, 64 / $0.stride], device: .meta)
            }
            try counter.count { try withoutGrad { try head.forwardShapes(levels, ForwardPass()) } }
        }
        let proposing = 341 * (6 * 4 * 9 + 3 * 6 + 12 * 6)
        let boxes = 1000 * (36 * 8 + 8 * 8 + 8 * (4 + 12))
        let masks = 100 * (16 * (5 * 4 * 9 + 5 * 5 * 9) + 16 * (5 * 5 * 4) + 64 * 5 * 3)
        let expected = proposing + boxes + (hasMasks ? masks : 0)
        #expect(counter.entries.reduce(0) { $0 + $1.amount } == Double(expected))
        let atOutputs = expected + (hasMasks ? 3 * 100 * 16 * 100 : 0)
        #expect(counter.entries.reduce(0) { $0 + $1.amountAtOutputs } == Double(atOutputs))
    }
}

@Suite struct MaskRCNNMistakeTests {
    struct Mistake: Sendable {
        let message: String
        let change: @Sendable (inout MaskRCNN.Configuration) -> Void

        init(
            _ message: String, _ change: @escaping @Sendable (inout MaskRCNN.Configuration) -> Void
        ) {
            self.message = message
            self.change = change
        }
    }

    @Test(
        "Settings that cannot be",
        arguments: [
            Mistake("roi_levels must be 1…100, found 0") { $0.roiLevels = 0 },
            Mistake("rpn: channels must be 1…65536, found 0") { $0.rpn.channels = 0 },
            Mistake("rpn: sampler: count must be 1…1000000, found 0") { $0.rpn.sampler.count = 0 },
            Mistake("rpn: assigner: positive must be 0.0…1.0, found 2.0") {
                $0.rpn.assigner.positive = 2
            },
            Mistake("rpn: test_proposals: count must be 1…1000000, found 0") {
                $0.rpn.testProposals.count = 0
            },
            Mistake(
                "rpn: the anchors' scales must be one or more numbers above 0 and up to 1000000, found []"
            ) {
                $0.rpn.scales = []
            },
            Mistake("box: layers must be 0…100, found -1") { $0.box.layers = -1 },
            Mistake("box: roi_size must be 1…500, found 0") { $0.box.roiSize = 0 },
            Mistake("box: max_per_image must be 1…1000000, found 0") { $0.box.maxPerImage = 0 },
            Mistake("box: max_per_image must be 1…1000000, found 1000001") {
                $0.box.maxPerImage = 1_000_001
            },
            Mistake("box: stds must be 4 numbers above 0, for dx, dy, dw and dh; found [1.0, 1.0]")
            { $0.box.stds = [1, 1] },
            Mistake("box.sampler: positive_fraction must be 0.0…1.0, found -1.0") {
                $0.box.sampler.positiveFraction = -1
            },
            Mistake("mask: convs must be 0…100, found 1000") { $0.mask?.convs = 1000 },
            Mistake("mask: roi_size must be 1…500, found 5000") { $0.mask?.roiSize = 5000 },
            Mistake("sampling_ratio must be 0…64, found -1") { $0.samplingRatio = -1 },
            Mistake("finest_scale must be above 0.0 and at most 1000000.0, found 0.0") {
                $0.finestScale = 0
            },
        ])
    func settings(_ mistake: Mistake) {
        let error = #expect(throws: BuildError.self) { try small(pyramid, mistake.change) }
        #expect(error?.underlying == mistake.message)
    }

    @Test(
        "Parts upstream that do not fit",
        arguments: [
            ([], 3, "needs at least one level of features"),
            (
                [(4, 4), (8, 8)], 3,
                "needs levels of one number of channels, found [4, 8]: put a neck such as FPN before it"
            ),
            ([(4, 4)], 0, "needs the names of the classes, and the data set has none"),
        ] as [([(Int, Int)], Int, String)])
    func upstream(_ levels: [(Int, Int)], _ classes: Int, _ message: String) {
        let error = #expect(throws: BuildError.self) {
            try small(levels.map { FeatureSpec(channels: $0.0, stride: $0.1) }, classes: classes)
        }
        #expect(error?.underlying == message)
    }

    @Test("Batches that lack what is learnt")
    func batches() throws {
        let head = try small()
        func message(_ targets: Targets, _ step: ForwardPass) throws -> String? {
            do {
                _ = try head.losses(maps(2), targets, step)
                return nil
            } catch { return "\(error)" }
        }
        let boxes: [[Float]] = [[8, 8, 40, 48]]
        #expect(
            try message(Targets(), step(2))
                == "a detection head needs the boxes of instances, and this data set has none")
        #expect(
            try message(Targets(instances: [groundTruth(boxes)]), step(2))
                == "Mask R-CNN was given a batch of 2 images, the instances of 1 and the geometry of 2: all must be as many"
        )
        #expect(
            try message(
                Targets(instances: [groundTruth(boxes), groundTruth(boxes, masks: false)]), step(2))
                == "Mask R-CNN is trained on masks, and this data set gives boxes alone: let it read masks (masks: true), or make the head "
                + "a Faster R-CNN by model.head.mask: null")
        let error = #expect(throws: MaskRCNNError.self) { try head.predictions(maps(2), step(1)) }
        #expect(
            error?.description
                == "Mask R-CNN was given a batch of 2 images, the geometry of 1: all must be as many"
        )
    }
}
