import DenseKitCore
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitSemanticFPN

private func head(
    _ levels: [(channels: Int, stride: Int)], classes: Int = 3,
    _ change: (inout SemanticFPN.Configuration) -> Void = { _ in }
) throws -> SemanticFPN {
    var configuration = SemanticFPN.Configuration()
    configuration.channels = 4
    change(&configuration)
    let node = ComponentNode("SemanticFPN", configuration)
    return try #require(
        try makeHead(node, classes: classes, levels, SemanticFPNPlugin(), StandardPlugin())
            as? SemanticFPN)
}

@Suite struct SemanticFPNTests {
    private let levels = [(channels: 2, stride: 4), (3, 8), (4, 16), (5, 32)]

    private func maps(_ shapes: [[Int]]) throws -> [Tensor] {
        try shapes.enumerated().map {
            try Tensor.randomNormal($1, generator: RandomGenerator(seed: UInt64($0)))
        }
    }

    @Test func oneConvolutionForEachDoubling() throws {
        let head = try head(levels)
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
        let head = try head([(2, 4), (3, 8), (4, 16)])
        try head.setTraining(false)
        let maps = try maps([[1, 2, 7, 9], [1, 3, 4, 5], [1, 4, 2, 3]])
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
        let head = try head([(2, 4)]) { $0.dropout = 0.5 }
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
        let head = try head(levels) { $0.loss = ComponentNode("CrossEntropy", Weighted()) }
        let maps = try maps([[2, 2, 8, 8], [2, 3, 4, 4], [2, 4, 2, 2], [2, 5, 1, 1]])
        let targets = Targets(labels: try Tensor.zeros([2, 32, 32], dtype: .int64))
        let losses = try head.losses(maps, targets, ForwardPass())
        #expect(losses.entries.map(\.name) == ["loss_other"])
        try #require(try losses.total()).backward()
        #expect(try head.namedParameters().allSatisfy { $0.tensor.grad != nil })
    }

    private struct Weighted: YAMLConfiguration {
        var weight = 0.5
        var name = "loss_other"
    }

    @Test(arguments: [
        ("no level", [Int](), 3, "needs at least one level of features"),
        ("no classes", [4], 0, "needs the names of the classes, and the data set has none"),
        ("coarsest first", [8, 4], 3, "needs the finest level first, found strides [8, 4]"),
        ("no stride", [0, 4], 3, "needs the finest level first, found strides [0, 4]"),
    ])
    func pyramidsThatDoNotFit(_ name: String, _ strides: [Int], _ classes: Int, _ expected: String)
        throws
    {
        let error = try #require(throws: BuildError.self) {
            try head(strides.map { (2, $0) }, classes: classes)
        }
        #expect(error.underlying == expected)
    }

    @Test func settingsOutOfRange() throws {
        for channels in [0, -3, Int.max] {
            let error = try #require(throws: BuildError.self) {
                try head(levels) { $0.channels = channels }
            }
            #expect(error.underlying == "channels must be 1…65536, found \(channels)")
        }
        let error = try #require(throws: BuildError.self) { try head(levels) { $0.dropout = 1.5 } }
        #expect(error.underlying == "dropout must be 0.0…1.0, found 1.5")
    }
}
