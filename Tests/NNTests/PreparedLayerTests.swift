import Testing

@testable import DenseKitNN

@Suite struct PreparedLayerTests {
    /// A convolution with bias and a norm with statistics of its own.
    private func layers(_ conv: Conv2d) throws -> BatchNorm2d {
        let generator = try RandomGenerator(seed: 5)
        let norm = try BatchNorm2d(conv.weight.size(0))
        try norm.weight.uniformInPlace(0.5, 1.5, generator: generator)
        try norm.bias.uniformInPlace(-1, 1, generator: generator)
        try norm.runningMean.uniformInPlace(-1, 1, generator: generator)
        try norm.runningVar.uniformInPlace(0.1, 2, generator: generator)
        return norm
    }

    private static let convolutions: [(String, Size2D, Size2D, Size2D, Size2D, Int)] = [
        ("1x1", 1, 1, 0, 1, 1), ("3x3", 3, 1, 1, 1, 1), ("stride", 3, 2, 1, 1, 1),
        ("dilation", 3, 1, 2, 2, 1),
        ("groups", 3, 1, 1, 1, 4), ("depthwise", Size2D(3, 1), 1, Size2D(1, 0), 1, 8),
        ("no padding", Size2D(2, 3), Size2D(1, 2), 0, 1, 1),
    ]

    @Test(
        "At inference convolution, norm and ReLU in one pass equal the three apart, and follow weights that change",
        arguments: convolutions.indices, [false, true])
    func folded(_ index: Int, _ channelsLast: Bool) throws {
        let (_, kernel, stride, padding, dilation, groups) = Self.convolutions[index]
        let conv = try Conv2d(
            8, 24, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
            groups: groups)
        let norm = try layers(conv)
        let maps = try [Size2D(9, 7), Size2D(12, 10)].map {
            let x = try normal(2, 8, $0.height, $0.width, seed: 1)
            return channelsLast ? try x.channelsLast() : x
        }
        for relu in [false, true] {
            for x in maps {
                try conv.setTraining(true)
                try norm.setTraining(false)
                let apart = try withoutGrad { try norm(conv(x)) }
                let expected = relu ? try apart.relu() : apart
                try conv.setTraining(false)
                let found = try withoutGrad { try conv(x, norm: norm, relu: relu) }
                #expect(try distance(found, expected) <= 2e-5)
            }
        }
        try withoutGrad { _ = try conv.weight.mulInPlace(-2) }
        try conv.weightsDidChange()
        let found = try withoutGrad { try conv(maps[0], norm: norm) }
        try conv.setTraining(true)
        #expect(try distance(found, withoutGrad { try norm(conv(maps[0])) }) <= 4e-5)
    }

    @Test(
        "The map of another size or layout, a band of rows, and another norm, are computed as they are"
    )
    func changes() throws {
        let conv = try Conv2d(8, 16, kernel: 3, padding: 1)
        let first = try layers(conv)
        let second = try BatchNorm2d(16)
        for layer in [conv, first, second] { try layer.setTraining(false) }
        let x = try normal(1, 8, 11, 6, seed: 3).channelsLast()
        try withoutGrad {
            let whole = try conv(x, norm: first)
            #expect(
                try distance(
                    whole.narrowed(2, 2, 4),
                    conv(x.narrowed(2, 1, 6), norm: first).narrowed(2, 1, 4)) <= 1e-5)
            #expect(try distance(whole, conv(x.contiguous(), norm: first)) <= 1e-5)
            #expect(try distance(whole, conv(x, norm: second)) > 0.1)
            #expect(try distance(whole, conv(x, norm: first)) == 0)
        }
    }

    @Test(
        "A large map of many channels is computed by the transformed kernel, and maps of other sizes and layouts too"
    )
    func transformed() throws {
        let conv = try Conv2d(32, 48, kernel: 3, padding: 1)
        let norm = try layers(conv)
        let maps = try [
            normal(1, 32, 40, 33, seed: 1).channelsLast(),
            normal(2, 32, 5, 6, seed: 2).channelsLast(),
            normal(1, 32, 40, 40),
        ]
        try norm.setTraining(false)
        let expected = try withoutGrad { try maps.map { try norm(conv($0)).relu() } }
        try conv.setTraining(false)
        for (x, y) in zip(maps, expected) {
            #expect(try distance(withoutGrad { try conv(x, norm: norm, relu: true) }, y) <= 2e-5)
        }
    }

    @Test(
        "In 16 bits the folded convolution is that of the layers, and another type follows at once")
    func mixedPrecision() throws {
        let conv = try Conv2d(32, 16, kernel: 3, padding: 1)
        let norm = try layers(conv)
        let x = try normal(1, 32, 40, 33, seed: 1).channelsLast()
        for layer in [conv, norm] { try layer.setTraining(false) }
        try withoutGrad {
            let expected = try conv(x, norm: norm, relu: true)
            for dtype in [DType.bfloat16, .float16] where canAutocast(dtype, on: .cpu) {
                let half = try withAutocast(dtype) { try conv(x, norm: norm, relu: true) }
                let scale = try expected.abs().amax().item()
                #expect(try half.dtype == dtype && distance(half, expected) <= 0.05 * scale)
            }
            #expect(try distance(conv(x, norm: norm, relu: true), expected) == 0)
        }
    }

    @Test("In training, and where gradients are wanted, nothing is folded")
    func training() throws {
        let conv = try Conv2d(3, 8, kernel: 3)
        let norm = try layers(conv)
        let x = try normal(2, 3, 9, 7)
        try conv(x, norm: norm).sum().backward()
        #expect(conv.weight.grad != nil && norm.weight.grad != nil)
        #expect(try norm.numBatchesTracked.item() == 1)
        try norm.setTraining(false)
        try norm.weight.clearGrad()
        try conv(x, norm: norm).sum().backward()
        #expect(norm.weight.grad != nil)
    }

    @Test("A map that does not fit is refused with the weight's name, prepared or not")
    func refused() throws {
        let conv = try Conv2d(8, 16, kernel: 3)
        try conv.assignNames(prefix: "neck")
        try conv.setTraining(false)
        try withoutGrad {
            _ = try conv(normal(1, 8, 9, 9).channelsLast())
            for x in try [normal(1, 6, 9, 9).channelsLast(), normal(1, 8, 2, 9).channelsLast()] {
                let error = #expect(throws: TorchError.self) { try conv(x) }
                #expect(error?.path == "neck.weight")
            }
        }
    }

    @Test(
        "A linear layer that is used again equals the matrix product, at any number of rows and in 16 bits"
    )
    func linear() throws {
        let layer = try Linear(40, 24)
        let inputs = try [
            normal(2, 70, 40, seed: 1), normal(3, 40, seed: 2), normal(300, 40, seed: 3),
        ]
        try withoutGrad {
            let expected = try inputs.map { try layer($0) }
            try layer.setTraining(false)
            for _ in 0..<3 {
                for (x, y) in zip(inputs, expected) { #expect(try distance(layer(x), y) <= 2e-5) }
            }
            for dtype in [DType.bfloat16, .float16] where canAutocast(dtype, on: .cpu) {
                for _ in 0..<2 {
                    let half = try withAutocast(dtype) { try layer(inputs[0]) }
                    #expect(half.dtype == dtype)
                    #expect(try distance(half, expected[0]) <= 0.05)
                }
            }
            _ = try layer.weight.mulInPlace(0)
            try layer.weightsDidChange()
            for _ in 0..<3 {
                #expect(
                    try distance(layer(inputs[2]), layer(inputs[2]) * 0 + (#require(layer.bias)))
                        <= 1e-6)
            }
        }
    }

    @Test("A sequence joins convolution, norm and ReLU, and gives what its layers give")
    func sequence() throws {
        let conv = try Conv2d(8, 16, kernel: 3)
        let sequence = try Sequential([
            conv, layers(conv), Activation(.relu), Conv2d(16, 4, kernel: 1), Activation(.gelu),
        ])
        let x = try normal(1, 8, 9, 9).channelsLast()
        try sequence.setTraining(false)
        try withoutGrad {
            var expected = x
            for layer in sequence.layers { expected = try layer(expected) }
            #expect(try distance(sequence(x), expected) <= 1e-5)
        }
    }
}
