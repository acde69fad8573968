import DenseKitCore
import DenseKitStandard
import Glibc
import Testing

@testable import DenseKitRetinaNet

@Suite struct RetinaNetTests {
    @Test func keysAndShapes() throws {
        let head = try retinaNet {
            $0.convs = 2
            $0.channels = 5
            $0.scalesPerOctave = 3
            $0.ratios = [0.5, 1, 2]
        }
        #expect(
            try head.namedTensors().map { "\($0.name) \($0.tensor.shape)" }.filter {
                $0.contains("weight")
            } == [
                "cls_convs.0.conv.weight [5, 4, 3, 3]", "cls_convs.1.conv.weight [5, 5, 3, 3]",
                "reg_convs.0.conv.weight [5, 4, 3, 3]", "reg_convs.1.conv.weight [5, 5, 3, 3]",
                "retina_cls.weight [27, 5, 3, 3]", "retina_reg.weight [36, 5, 3, 3]",
            ])
        #expect(
            head.checkpointKey == "bbox_head" && head.logPrefix == nil
                && head.anchors.strides == [8, 16])
        let output = try head(maps(2), ForwardPass())
        #expect(
            output.logits.map(\.shape) == [[2, 216, 3], [2, 54, 3]]
                && output.deltas.map(\.shape) == [[2, 216, 4], [2, 54, 4]])
    }

    /// The same branches at every level; what anchors say stands by row, column, anchor, class.
    @Test func levelsShareTheBranches() throws {
        let head = try retinaNet {
            $0.convs = 1
            $0.ratios = [0.5, 2]
        }
        let maps = try maps(2)
        let output = try head(maps, ForwardPass())
        for (level, map) in maps.enumerated() {
            let conv = head.clsConvs[0].conv
            let last = head.retinaCls
            let scores = try map.conv2d(conv.weight, conv.bias, padding: 1).relu().conv2d(
                last.weight, last.bias, padding: 1)
            let found = output.logits[level]
            for (image, y, x, anchor, k) in [(0, 0, 0, 0, 0), (1, 1, 2, 1, 2), (0, 1, 0, 1, 1)] {
                let expected = try scores.selected(0, image).selected(0, anchor * 3 + k).selected(
                    0, y
                ).selected(0, x).item()
                let row = (y * map.size(3) + x) * 2 + anchor
                #expect(
                    try abs(
                        found.selected(0, image).selected(0, row).selected(0, k).item() - expected)
                        < 1e-5)
            }
        }
    }

    @Test func initialization() throws {
        let prior = try retinaNet(channels: 16) { $0.convs = 1 }
        let weights = [
            prior.clsConvs[0].conv, prior.regConvs[0].conv, prior.retinaCls, prior.retinaReg,
        ].map(\.weight)
        for weight in weights {
            let std = try weight.pow(2).mean().sqrt().item()
            #expect(abs(std - 0.01) < 0.002)
        }
        #expect(
            try prior.retinaCls.bias?.floats().allSatisfy { abs($0 + log(Float(99))) < 1e-5 }
                == true)
        #expect(
            try prior.retinaReg.bias?.abs().amax().item() == 0
                && prior.clsConvs[0].conv.bias?.abs().amax().item() == 0)
        let reference = try retinaNet(channels: 16) {
            $0.convs = 1
            $0.initialization = .reference
        }
        let variance = try reference.clsConvs[0].conv.weight.pow(2).mean().item()
        #expect(abs(variance - 2.0 / 144) < 0.002)
        let bound = 1 / (9.0 * 16).squareRoot()
        let bias = try #require(reference.retinaCls.bias)
        #expect(try bias.abs().amax().item() <= bound && bias.abs().amax().item() > 0)
        #expect(try reference.retinaCls.weight.abs().amax().item() <= bound)
    }

    @Test(arguments: [
        ("convs: -1", "convs must be 0…100, found -1"),
        ("channels: 0", "channels must be 1…65536, found 0"),
        ("per_level: 0", "per_level must be 1…1000000, found 0"),
        ("score_threshold: 1.5", "score_threshold must be 0.0…1.0, found 1.5"),
        ("nms_threshold: -0.1", "nms_threshold must be 0.0…1.0, found -0.1"),
        ("max_per_image: 0", "max_per_image must be 1…1000000, found 0"),
        ("max_per_image: 1000001", "max_per_image must be 1…1000000, found 1000001"),
        ("initialization: mine", "'mine' is none of prior, reference"),
        ("assigner: {negative: 2}", "assigner: negative must be 0.0…1.0, found 2.0"),
        ("assigner: {positve: 0.6}", "unknown key 'positve'"),
        ("loss_cls: Focall", "unknown loss 'Focall'; did you mean 'Focal'?"),
    ])
    func settingsThatDoNotFit(_ settings: String, _ expected: String) throws {
        let error = #expect(throws: (any Error).self) {
            let configuration = try RetinaNet.Configuration.decode(yaml: settings)
            _ = try retinaNet { $0 = configuration }
        }
        #expect("\(try #require(error))".contains(expected), "\(String(describing: error))")
    }

    @Test("What is not written of an assigner is RetinaNet's own")
    func assignerInPart() throws {
        let usual = RetinaNet.Configuration().assigner
        #expect(
            usual.positive == 0.5 && usual.negative == 0.4 && usual.minPositive == 0
                && usual.matchesLowQuality)
        let written = try RetinaNet.Configuration.decode(yaml: "assigner: {positive: 0.6}").assigner
        #expect(written.positive == 0.6 && written.negative == 0.4 && written.minPositive == 0)
    }

    @Test func upstreamThatDoesNotFit() throws {
        let none = try #require(throws: BuildError.self) { try retinaNet(classes: 0) }
        #expect(none.underlying == "needs the names of the classes, and the data set has none")
        let registry = try Registry([RetinaNetPlugin(), StandardPlugin()])
        let context = BuildContext(
            registry: registry, classNames: ["a"],
            features: [FeatureSpec(channels: 2, stride: 4), FeatureSpec(channels: 3, stride: 8)])
        let uneven = try #require(throws: SettingError.self) {
            try RetinaNet(RetinaNet.Configuration(), context)
        }
        #expect(
            uneven.description
                == "needs levels of equal channels, found [2, 3]: put a neck such as FPN before it")
    }

    @Test func shapesAlone() throws {
        let counter = OperationCounter()
        try withDevice(.meta) {
            let head = try retinaNet()
            try counter.count {
                try head.forwardShapes(
                    [Tensor.zeros([1, 4, 4, 6]), Tensor.zeros([1, 4, 2, 3])], ForwardPass())
            }
        }
        let products = counter.entries.map(\.amount).reduce(0, +)
        #expect(products == 7560)  // 30 positions, 9 places of 4 channels, 3 classes and 4 deltas
    }
}
