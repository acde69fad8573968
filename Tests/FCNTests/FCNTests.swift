import DenseKitCore
import DenseKitStandard
import SmallModels
import Testing

@testable import DenseKitFCN

private func head(
    _ settings: String = "channels: 4", strides: [Int] = [4, 8, 16], classes: Int = 3
) throws -> FCN {
    let levels = strides.enumerated().map { (channels: 2 + $0, stride: $1) }
    let head = try makeHead(
        "{type: FCN, \(settings)}", classes: classes, levels, FCNPlugin(), StandardPlugin())
    return try #require(head as? FCN)
}

@Suite struct FCNTests {
    private func maps(_ count: Int = 1) throws -> [Tensor] {
        try noise([[count, 2, 7, 9], [count, 3, 4, 5], [count, 4, 2, 3]]).map {
            try $0.channelsLast()
        }
    }

    private static let forms: [(settings: String, level: Int, weights: [String])] = [
        (
            "channels: 6", 2,
            [
                "convs.0.conv.weight [6, 4, 3, 3]", "convs.1.conv.weight [6, 6, 3, 3]",
                "conv_cat.conv.weight [6, 10, 3, 3]", "6",
            ]
        ),
        (
            "in_index: 1, channels: 6, num_convs: 1, concat_input: false", 1,
            ["convs.0.conv.weight [6, 3, 3, 3]", "6"]
        ),
        (
            "in_index: -3, channels: 6, num_convs: 3, concat_input: false, kernel_size: 1", 0,
            [
                "convs.0.conv.weight [6, 2, 1, 1]", "convs.1.conv.weight [6, 6, 1, 1]",
                "convs.2.conv.weight [6, 6, 1, 1]", "6",
            ]
        ),
        ("in_index: 0, num_convs: 0, concat_input: false", 0, ["2"]),
        (
            "in_index: 0, channels: 5, num_convs: 0, kernel_size: 5", 0,
            ["conv_cat.conv.weight [5, 4, 5, 5]", "5"]
        ),
    ]

    @Test(arguments: forms) func keysAreMMSegmentations(
        _ settings: String, _ level: Int, _ weights: [String]
    ) throws {
        let head = try head(settings)
        let found = try head.namedTensors().filter { $0.name.hasSuffix("conv.weight") }.map {
            "\($0.name) \($0.tensor.shape)"
        }
        #expect(
            found == weights.dropLast() && head.level == level
                && head.checkpointKey == "decode_head")
        #expect(head.convSeg.weight.shape == [3, Int(try #require(weights.last)), 1, 1])
        try head.setTraining(false)
        let maps = try maps()
        #expect(
            try head.classify(head.embedding(maps)).shape == [1, 3] + maps[level].shape.suffix(2))
    }

    /// Dilation is of the convolutions before the joining one.
    @Test func equalsItsDefinition() throws {
        let head = try head("in_index: 0, channels: 4, dilation: 2")
        try head.setTraining(false)
        let map = try maps()[0]
        func convolve(_ module: (any UnaryLayer)?, _ x: Tensor, _ dilation: Size2D) throws -> Tensor
        {
            let module = try #require(module as? ConvModule)
            let bn = try #require(module.bn)
            return try x.conv2d(module.conv.weight, nil, padding: dilation, dilation: dilation)
                .batchNorm(
                    weight: bn.weight, bias: bn.bias, runningMean: bn.runningMean,
                    runningVar: bn.runningVar, training: false,
                    momentum: 0.1, eps: 1e-5
                ).relu()
        }
        let twice = try convolve(head.convs.layers[1], convolve(head.convs.layers[0], map, 2), 2)
        let expected = try convolve(head.convCat, Tensor.cat([map, twice], dim: 1), 1)
        for found in try [head.embedding(maps()), withoutGrad { try head.embedding(maps()) }] {
            #expect(try (found - expected).abs().amax().item() < 1e-5)
        }
    }

    @Test func dropoutTakesChannelsInTrainingOnly() throws {
        let head = try head("in_index: 0, num_convs: 0, concat_input: false, dropout: 0.5")
        let map = try Tensor.ones([40, 2, 3, 3])
        func maps() throws -> [Float] {
            try head.embedding([map]).flattened(from: 2).amax(2).floats()
        }
        #expect(try (20...60).contains(maps().count { $0 == 0 }))
        try head.setTraining(false)
        #expect(try maps().allSatisfy { $0 == 1 })
    }

    @Test func lossesAndGradients() throws {
        let head = try head("channels: 4, loss: { type: CrossEntropy, weight: 0.4 }")
        let plain = try FCNTests.lossOf(head, weighted: 0.4)
        #expect(plain.names == ["loss_ce"] && plain.ratio < 1e-5)
        for entry in try head.namedParameters() {
            #expect(try #require(entry.tensor.grad, "\(entry.name)").isFinite(), "\(entry.name)")
        }
    }

    /// The names of the losses, and how far their sum is from `weighted` times the cross-entropy.
    private static func lossOf(_ head: FCN, weighted: Double) throws -> (
        names: [String], ratio: Double
    ) {
        for (_, module) in try head.namedModules() { (module as? Dropout)?.probability = 0 }
        let maps = try FCNTests().maps(2)
        let labels = try Tensor.zeros([2, 8, 12], dtype: .int64)
        let losses = try head.losses(maps, Targets(labels: labels), ForwardPass())
        let total = try #require(try losses.total())
        try total.backward()
        let logits = try head.classify(head.embedding(maps)).interpolated(
            to: Size2D(8, 12), .bilinear())
        return (
            losses.entries.map(\.name),
            abs(try total.item() - weighted * logits.crossEntropy(labels).item())
        )
    }

    @Test(arguments: [
        ("in_index: 3", "in_index must be -3…2 for 3 levels of features, found 3"),
        ("in_index: -4", "in_index must be -3…2 for 3 levels of features, found -4"),
        (
            "in_index: -9223372036854775808",
            "in_index must be -3…2 for 3 levels of features, found -9223372036854775808"
        ),
        ("num_convs: -1", "num_convs must be 0…100, found -1"),
        ("kernel_size: 2", "kernel_size must be an odd number of 1…31, found 2"),
        ("kernel_size: -3", "kernel_size must be an odd number of 1…31, found -3"),
        (
            "kernel_size: 9223372036854775807",
            "kernel_size must be an odd number of 1…31, found 9223372036854775807"
        ),
        ("dilation: 0", "dilation must be 1…1024, found 0"),
    ])
    func settingsThatDoNotFit(_ setting: String, _ expected: String) throws {
        let error = try #require(throws: BuildError.self) { try head(setting) }
        let column = 14 + "FCN, ".count + setting.prefix { $0 != ":" }.count + 2  // of the value
        #expect("\(error)" == "a.yaml:1:\(column): head FCN could not be built: \(expected)")
    }

    @Test func keysThatItDoesNotKnow() throws {
        let wrong = #expect(throws: (any Error).self) { try head("level: 2") }
        #expect("\(try #require(wrong))".hasPrefix("a.yaml:1:19: unknown key 'level' of FCN"))
    }
}
