import DenseKitCore
import Testing

@testable import DenseKitFPN

/// What detection needs beyond the levels that come in.
@Suite struct ExtraLevelsTests {
    private let levels = [
        (channels: 2, stride: 4), (channels: 3, stride: 8), (channels: 4, stride: 16),
    ]
    private let shapes = [[2, 2, 14, 17], [2, 3, 7, 9], [2, 4, 4, 5]]

    private func isEqual(_ a: Tensor, _ b: Tensor) throws -> Bool {
        try a.shape == b.shape && (a - b).abs().amax().item() < 1e-5
    }

    /// RetinaNet's: without the finest level, P6 of the last map that comes in, P7 of P6.
    @Test(arguments: [false, true]) func convolutionsOnTheInput(_ relu: Bool) throws {
        let fpn = try neck(5, from: levels) {
            $0.startLevel = 1
            $0.extraLevels = 2
            $0.addExtraConvs = .onInput
            $0.reluBeforeExtraConvs = relu
        }
        #expect(fpn.outputs == [8, 16, 32, 64].map { FeatureSpec(channels: 5, stride: $0) })
        #expect(
            try fpn.namedTensors().map { "\($0.name) \($0.tensor.shape)" }.filter {
                $0.contains("weight")
            } == [
                "lateral_convs.0.conv.weight [5, 3, 1, 1]",
                "lateral_convs.1.conv.weight [5, 4, 1, 1]",
                "fpn_convs.0.conv.weight [5, 5, 3, 3]", "fpn_convs.1.conv.weight [5, 5, 3, 3]",
                "fpn_convs.2.conv.weight [5, 4, 3, 3]", "fpn_convs.3.conv.weight [5, 5, 3, 3]",
            ])
        let maps = try maps(shapes)
        let found = try fpn(maps)
        #expect(found.map(\.shape) == [[2, 5, 7, 9], [2, 5, 4, 5], [2, 5, 2, 3], [2, 5, 1, 2]])
        let convs = fpn.fpnConvs.map(\.conv)
        let p6 = try maps[2].conv2d(convs[2].weight, convs[2].bias, stride: 2, padding: 1)
        let p7 = try (relu ? p6.relu() : p6).conv2d(
            convs[3].weight, convs[3].bias, stride: 2, padding: 1)
        #expect(try isEqual(found[2], p6) && isEqual(found[3], p7))
        // The levels that came in are those of a neck without extra ones.
        let plain = try neck(5, from: Array(levels[1...]))
        for (a, b) in zip(
            plain.lateralConvs + plain.fpnConvs, fpn.lateralConvs + fpn.fpnConvs.prefix(2))
        {
            try a.conv.load(
                Dictionary(
                    uniqueKeysWithValues: b.conv.namedTensors().map { ($0.name, $0.tensor) }),
                source: "fpn")
        }
        for (a, b) in zip(try plain(Array(maps[1...])), found) { #expect(try isEqual(a, b)) }
    }

    @Test func convolutionsOnTheLateralOrTheOutput() throws {
        let maps = try maps(shapes)
        for source in [FPN.ExtraConvolutions.onLateral, .onOutput] {
            let fpn = try neck(5, from: levels) {
                $0.extraLevels = 1
                $0.addExtraConvs = source
            }
            let found = try fpn(maps)
            let lateral = fpn.lateralConvs[2].conv
            let extra = fpn.fpnConvs[3].conv
            let input =
                try source == .onOutput ? found[2] : maps[2].conv2d(lateral.weight, lateral.bias)
            #expect(found.count == 4 && extra.weight.shape == [5, 5, 3, 3])
            #expect(
                try isEqual(found[3], input.conv2d(extra.weight, extra.bias, stride: 2, padding: 1))
            )
        }
    }

    /// Mask R-CNN's: every second position of the last level, and no weights.
    @Test func pooling() throws {
        let fpn = try neck(5, from: levels) { $0.extraLevels = 2 }
        let found = try fpn(maps(shapes))
        #expect(fpn.fpnConvs.count == 3 && fpn.outputs.map(\.stride) == [4, 8, 16, 32, 64])
        #expect(
            found.map { Array($0.shape.suffix(2)) } == [
                [14, 17], [7, 9], [4, 5], [2, 3], [1, 2],
            ])
        #expect(try isEqual(found[3], found[2].sliced(2, step: 2).sliced(3, step: 2)))
        #expect(try isEqual(found[4], found[3].sliced(2, step: 2).sliced(3, step: 2)))
    }

    @Test func gradientsReachEveryExtraLevel() throws {
        let fpn = try neck(4, from: levels) {
            $0.startLevel = 1
            $0.extraLevels = 2
            $0.addExtraConvs = .onInput
        }
        let found = try fpn(maps(shapes).map { try $0.channelsLast() })
        #expect(found.allSatisfy { $0.isChannelsLast })
        try found.dropFirst().reduce(found[0].sum()) { try $0 + $1.sum() }.backward()
        #expect(try fpn.namedParameters().allSatisfy { $0.tensor.grad != nil })
    }

    /// Glorot's bound is √(6 / (in + out)); He's normal distribution goes beyond it.
    @Test func initialization() throws {
        let bound = (6.0 / Double(9 * 64 + 9 * 64)).squareRoot()
        for (initialization, isBounded) in [(FPN.Initialization.xavier, true), (.kaiming, false)] {
            let fpn = try neck(64, from: levels) { $0.initialization = initialization }
            #expect(try (fpn.fpnConvs[0].conv.weight.abs().amax().item() <= bound) == isBounded)
            #expect(try fpn.fpnConvs[0].conv.bias?.abs().amax().item() == 0)
        }
    }

    @Test(arguments: [
        ("start_level: 3", "start_level 3 is none of the 3 levels that come in"),
        ("start_level: -1", "start_level -1 is none of the 3 levels that come in"),
        ("extra_levels: -1", "extra_levels must be 0…8, found -1"),
        ("extra_levels: 9", "extra_levels must be 0…8, found 9"),
        (
            "add_extra_convs: on_input",
            "add_extra_convs says how extra levels are made, and extra_levels is 0"
        ),
        ("add_extra_convs: on_inputs", "'on_inputs' is none of on_input, on_lateral, on_output"),
    ])
    func settingsThatDoNotFit(_ settings: String, _ expected: String) throws {
        let error = #expect(throws: (any Error).self) {
            let configuration = try FPN.Configuration.decode(yaml: settings)
            _ = try neck(5, from: levels) { $0 = configuration }
        }
        #expect("\(try #require(error))".contains(expected), "\(String(describing: error))")
    }
}
