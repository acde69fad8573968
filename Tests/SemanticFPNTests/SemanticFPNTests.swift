import DenseKitCore
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitSemanticFPN

private func head(
    _ settings: String = "channels: 4", _ levels: [(channels: Int, stride: Int)] = fourLevels
) throws -> SemanticFPN {
    try #require(
        try makeHead(
            "{type: SemanticFPN, \(settings)}", levels, SemanticFPNPlugin(), StandardPlugin())
            as? SemanticFPN)
}

@Suite struct SemanticFPNTests {
    @Test func oneConvolutionForEachDoubling() throws {
        let head = try head()
        let convolutions = try head.namedTensors().filter { $0.name.hasSuffix("conv.weight") }.map {
            "\($0.name) \($0.tensor.shape)"
        }
        #expect(
            convolutions == [
                "scale_heads.0.0.conv.weight [4, 2, 3, 3]",
                "scale_heads.1.0.conv.weight [4, 3, 3, 3]",
                "scale_heads.2.0.conv.weight [4, 4, 3, 3]",
                "scale_heads.2.2.conv.weight [4, 4, 3, 3]",
                "scale_heads.3.0.conv.weight [4, 5, 3, 3]",
                "scale_heads.3.2.conv.weight [4, 4, 3, 3]",
                "scale_heads.3.4.conv.weight [4, 4, 3, 3]",
            ])
        #expect(head.convSeg.weight.shape == [3, 4, 1, 1] && head.checkpointKey == "decode_head")
    }

    /// On sizes that are no powers of two apart: every level is resized to the finest before the
    /// sum.
    @Test func equalsItsDefinition() throws {
        let head = try head("channels: 4", [(2, 4), (3, 8), (4, 16)])
        try head.setTraining(false)
        let maps = try noise([[1, 2, 7, 9], [1, 3, 4, 5], [1, 4, 2, 3]])
        func convolve(_ x: Tensor, _ level: Int, _ index: Int) throws -> Tensor {
            let module = try #require(head.scaleHeads[level].layers[index] as? ConvModule)
            let bn = try #require(module.bn)
            return try x.conv2d(module.conv.weight, nil, padding: 1).batchNorm(
                weight: bn.weight, bias: bn.bias, runningMean: bn.runningMean,
                runningVar: bn.runningVar, training: false,
                momentum: 0.1,
                eps: 1e-5
            ).relu()
        }
        func doubled(_ x: Tensor) throws -> Tensor {
            try x.interpolated(to: Size2D(2 * x.size(2), 2 * x.size(3)), .bilinear())
        }
        let first = try convolve(maps[0], 0, 0)
        let second = try doubled(convolve(maps[1], 1, 0)).interpolated(
            to: Size2D(7, 9), .bilinear())
        let third = try doubled(convolve(doubled(convolve(maps[2], 2, 0)), 2, 2)).interpolated(
            to: Size2D(7, 9), .bilinear())
        let found = try head.embedding(maps)
        #expect(try (found - (first + second + third)).abs().amax().item() < 1e-5)
        let logits = try head.classify(found)
        #expect(logits.shape == [1, 3, 7, 9])
        #expect(
            try (logits - found.conv2d(head.convSeg.weight, head.convSeg.bias)).abs().amax().item()
                < 1e-6)
    }

    @Test func dropoutTakesChannelsInTrainingOnly() throws {
        let head = try head("channels: 4, dropout: 0.5", [(2, 4)])
        let map = try Tensor.ones([40, 2, 3, 3])
        func maps() throws -> [Float] {
            try head.embedding([map]).flattened(from: 2).amax(2).floats()
        }
        try withoutGrad {
            _ = try (head.scaleHeads[0].layers[0] as? ConvModule)?.bn?.bias.fillInPlace(1)
        }
        #expect(try (50...110).contains(maps().count { $0 == 0 }))
        try head.setTraining(false)
        #expect(try maps().allSatisfy { $0 > 0 })
    }

    @Test func lossesAndGradients() throws {
        let head = try head(
            "channels: 4, loss: {type: CrossEntropy, weight: 0.5, name: loss_other}")
        let maps = try noise([[2, 2, 8, 8], [2, 3, 4, 4], [2, 4, 2, 2], [2, 5, 1, 1]])
        let targets = Targets(labels: try Tensor.zeros([2, 32, 32], dtype: .int64))
        let losses = try head.losses(maps, targets, ForwardPass())
        #expect(losses.entries.map(\.name) == ["loss_other"])
        try #require(try losses.total()).backward()
        #expect(try head.namedParameters().allSatisfy { $0.tensor.grad != nil })
    }

    @Test func theFinestLevelIsFirst() throws {
        for strides in [[8, 4], [0, 4]] {
            let levels = strides.map { (channels: 2, stride: $0) }
            let problem = try refusal { try head("channels: 4", levels) }
            #expect(problem == "needs the finest level first, found strides \(strides)")
        }
    }
}
