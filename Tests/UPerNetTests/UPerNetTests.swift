import DenseKitCore
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitUPerNet

private func head(
    _ settings: String = "channels: 4", _ levels: [(channels: Int, stride: Int)] = fourLevels
) throws -> UPerNet {
    try #require(
        try makeHead("{type: UPerNet, \(settings)}", levels, UPerNetPlugin(), StandardPlugin())
            as? UPerNet)
}

private func maps(_ shapes: [[Int]]) throws -> [Tensor] {
    try noise(shapes).map { try $0.channelsLast() }
}

@Suite struct UPerNetTests {
    @Test func keysAreMMSegmentations() throws {
        let head = try head()
        let weights = try head.namedTensors().filter {
            $0.name.hasSuffix("conv.weight") || $0.name.hasPrefix("conv_seg")
        }
        #expect(
            weights.map { "\($0.name) \($0.tensor.shape)" } == [
                "psp_modules.0.1.conv.weight [4, 5, 1, 1]",
                "psp_modules.1.1.conv.weight [4, 5, 1, 1]",
                "psp_modules.2.1.conv.weight [4, 5, 1, 1]",
                "psp_modules.3.1.conv.weight [4, 5, 1, 1]",
                "bottleneck.conv.weight [4, 21, 3, 3]", "lateral_convs.0.conv.weight [4, 2, 1, 1]",
                "lateral_convs.1.conv.weight [4, 3, 1, 1]",
                "lateral_convs.2.conv.weight [4, 4, 1, 1]",
                "fpn_convs.0.conv.weight [4, 4, 3, 3]", "fpn_convs.1.conv.weight [4, 4, 3, 3]",
                "fpn_convs.2.conv.weight [4, 4, 3, 3]", "fpn_bottleneck.conv.weight [4, 16, 3, 3]",
                "conv_seg.weight [3, 4, 1, 1]", "conv_seg.bias [3]",
            ])
        #expect(head.checkpointKey == "decode_head")
    }

    /// On sizes that are no powers of two apart, with pools that are larger than the map.
    @Test func equalsItsDefinition() throws {
        let head = try head("channels: 4, pool_scales: [1, 3]", [(2, 4), (3, 8), (4, 16)])
        try head.setTraining(false)
        let maps = try maps([[1, 2, 7, 9], [1, 3, 4, 5], [1, 4, 2, 3]])
        func resized(_ x: Tensor, _ h: Int, _ w: Int) throws -> Tensor {
            try x.interpolated(to: Size2D(h, w), .bilinear())
        }
        func convolve(_ module: ConvModule, _ x: Tensor, padding: Size2D = 0) throws -> Tensor {
            let bn = try #require(module.bn)
            return try x.conv2d(module.conv.weight, nil, padding: padding).batchNorm(
                weight: bn.weight, bias: bn.bias, runningMean: bn.runningMean,
                runningVar: bn.runningVar, training: false,
                momentum: 0.1, eps: 1e-5
            ).relu()
        }
        let pools = try head.pspModules.map { module in
            try resized(
                convolve(module.conv, maps[2].adaptiveAvgPool2d(Size2D(module.scale))), 2, 3)
        }
        let third = try convolve(head.bottleneck, Tensor.cat([maps[2]] + pools, dim: 1), padding: 1)
        let second = try convolve(head.lateralConvs[1], maps[1]) + resized(third, 4, 5)
        let first = try convolve(head.lateralConvs[0], maps[0]) + resized(second, 7, 9)
        let joined = try Tensor.cat(
            [
                convolve(head.fpnConvs[0], first, padding: 1),
                resized(convolve(head.fpnConvs[1], second, padding: 1), 7, 9), resized(third, 7, 9),
            ], dim: 1)
        let expected = try convolve(head.fpnBottleneck, joined, padding: 1)
        for found in try [head.embedding(maps), withoutGrad { try head.embedding(maps) }] {
            #expect(try (found - expected).abs().amax().item() < 1e-5)
        }
        let logits = try head.classify(expected)
        #expect(logits.shape == [1, 3, 7, 9])
        #expect(
            try (logits - expected.conv2d(head.convSeg.weight, head.convSeg.bias)).abs().amax()
                .item() < 1e-6)
    }

    @Test func aSingleLevel() throws {
        let head = try head("channels: 4", [(2, 16)])
        try head.setTraining(false)
        #expect(try head.classify(head.embedding(maps([[1, 2, 3, 5]]))).shape == [1, 3, 3, 5])
    }

    @Test func dropoutTakesChannelsInTrainingOnly() throws {
        let head = try head("channels: 4, dropout: 0.5", [(2, 4)])
        try withoutGrad { _ = try head.fpnBottleneck.bn?.bias.fillInPlace(1) }
        let map = try Tensor.randomNormal([40, 2, 3, 3], generator: RandomGenerator(seed: 1))
        func maps() throws -> [Float] {
            try head.embedding([map]).flattened(from: 2).amax(2).floats()
        }
        #expect(try (50...110).contains(maps().count { $0 == 0 }))
        try head.setTraining(false)
        #expect(try maps().count { $0 == 0 } < 20)
    }

    @Test func lossesAndGradients() throws {
        let head = try head(
            "channels: 4, loss: {type: CrossEntropy, weight: 0.5, name: loss_other}")
        let maps = try maps([[2, 2, 8, 8], [2, 3, 4, 4], [2, 4, 2, 2], [2, 5, 1, 1]])
        for map in maps { try map.setRequiresGrad(true) }
        let targets = Targets(labels: try Tensor.zeros([2, 32, 32], dtype: .int64))
        let losses = try head.losses(maps, targets, ForwardPass())
        #expect(losses.entries.map(\.name) == ["loss_other"])
        try #require(try losses.total()).backward()
        for entry in try head.namedParameters() {
            #expect(try #require(entry.tensor.grad, "\(entry.name)").isFinite(), "\(entry.name)")
        }
        #expect(maps.allSatisfy { $0.grad != nil })
    }

    @Test func oneImageCannotBeTrainedOn() throws {
        let network = try head()
        let maps = try maps([[1, 2, 8, 8], [1, 3, 4, 4], [1, 4, 2, 2], [1, 5, 2, 2]])
        let error = try #require(throws: SettingError.self) { try network.embedding(maps) }
        #expect(
            error.description
                == "UPerNet: training needs at least 2 images at a time, found 1: the pool of scale 1 gives the batch norm after it one value "
                + "an image; raise train.per_device_batch or train.batch")
        let other = try head("channels: 4, pool_scales: [2, 3]")
        #expect(try other.embedding(maps).shape == [1, 4, 8, 8])
    }

    @Test(arguments: [[8, 4], [4, 16, 8]])
    func theCoarsestLevelIsLast(_ strides: [Int]) throws {
        let levels = strides.map { (channels: 2, stride: $0) }
        #expect(
            try refusal { try head("channels: 4", levels) }
                == "needs the finest level first and the coarsest last, found strides \(strides)")
    }

    @Test(arguments: [[], [0], [1, 2000], [Int](repeating: 1, count: 17)])
    func poolScalesOutOfRange(_ scales: [Int]) throws {
        #expect(
            try refusal { try head("pool_scales: \(scales)") }
                == "pool_scales must be 1 to 16 numbers of 1…1024, found \(scales)")
    }
}
