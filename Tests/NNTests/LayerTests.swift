import DenseKitNN
import Testing

@Suite struct LayerTests {
    @Test func linear() throws {
        let layer = try Linear(2, 2)
        try set(layer.weight, [1, 2, 3, 4])
        try set(layer.bias, [10, 20])
        try expect(layer(counting(1, 2)), [1, 2], [15, 31])
        #expect(try Linear(3, 5, bias: false).bias == nil)
        #expect(try Linear(3, 5).weight.shape == [5, 3])
    }

    @Test func convolution() throws {
        let layer = try Conv2d(
            2, 4, kernel: Size2D(1, 3), stride: Size2D(1, 2), padding: Size2D(0, 1), dilation: 1,
            groups: 2, bias: false)
        #expect(layer.weight.shape == [4, 1, 1, 3] && layer.bias == nil)
        try set(layer.weight, [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1])
        // Channels 1, 2, 3 and 4, 5, 6: shifted right, as it is, shifted left, sums.
        try expect(layer(counting(1, 2, 1, 3)), [1, 4, 1, 2], [0, 2, 1, 3, 5, 0, 9, 11])
    }

    @Test func transposedConvolution() throws {
        let layer = try ConvTranspose2d(1, 2, kernel: 2, stride: 2)
        #expect(layer.weight.shape == [1, 2, 2, 2] && layer.bias?.shape == [2])
        try set(layer.weight, [1, 1, 1, 1, 2, 2, 2, 2])
        try set(layer.bias, [0, 5])
        try expect(
            layer(Tensor.full([1, 1, 1, 1], 3)), [1, 2, 2, 2], [3, 3, 3, 3, 11, 11, 11, 11])
    }

    /// PyTorch's rule: uniform within ±1/√fan_in, of weights and biases. The fan counts inputs of
    /// one group times the kernel.
    @Test func startingValues() throws {
        let linear = try Linear(64, 500)
        let convolution = try Conv2d(32, 200, kernel: 3, groups: 2)
        let transposed = try ConvTranspose2d(16, 400, kernel: 2)
        let fans = [
            (linear.weight, 64), (linear.bias, 64), (convolution.weight, 144),
            (convolution.bias, 144), (transposed.weight, 1600),
            (transposed.bias, 1600),
        ]
        for (tensor, fan) in fans {
            let tensor = try #require(tensor)
            let bound = 1 / Double(fan).squareRoot()
            let largest = try tensor.abs().amax().item()
            #expect(largest <= bound * (1 + 1e-6) && largest > 0.96 * bound)
            #expect(try abs(tensor.mean().item()) < 0.15 * bound)
        }
    }

    @Test func otherStartingValues() throws {
        let weight = try Tensor.empty([64, 32, 3, 3])
        func deviation() throws -> Double { try weight.pow(2).mean().item().squareRoot() }
        try weight.kaimingNormalInPlace()
        #expect(try abs(deviation() / (2.0 / 288).squareRoot() - 1) < 0.03)
        try weight.kaimingNormalInPlace(.out)
        #expect(try abs(deviation() / (2.0 / 576).squareRoot() - 1) < 0.03)
        try weight.xavierUniformInPlace()
        let bound = (6.0 / (288 + 576)).squareRoot()
        #expect(
            try weight.abs().amax().item() <= bound && weight.abs().amax().item() > 0.99 * bound)
        #expect(
            try abs(
                Embedding(500, 64, std: 0.02).weight.pow(2).mean().item().squareRoot() / 0.02 - 1)
                < 0.03)
    }

    @Test func layerNorm() throws {
        let layer = try LayerNorm(2, eps: 0)
        try set(layer.weight, [2, 3])
        try set(layer.bias, [1, 0])
        try expect(
            layer(Tensor.from([Float(1), 5, 7, 3], shape: [2, 2])), [2, 2], [-1, 3, 3, -3])
        // Variance 4, eps 12: divided by 4.
        try expect(
            LayerNorm(2, eps: 12)(Tensor.from([Float(1), 5], shape: [1, 2])), [1, 2], [-0.5, 0.5])
    }

    @Test func groupNorm() throws {
        let layer = try GroupNorm(1, 2, eps: 0)
        try set(layer.weight, [1, 10])
        try expect(
            layer(Tensor.from([Float(1), 3], shape: [1, 2, 1, 1])), [1, 2, 1, 1], [-1, 10])
    }

    @Test func embedding() throws {
        let layer = try Embedding(3, 2)
        try set(layer.weight, [1, 2, 3, 4, 5, 6])
        try expect(layer(Tensor.from([Int64(2), 0], shape: [1, 2])), [1, 2, 2], [5, 6, 1, 2])
    }

    @Test func sequentialLayersInOrder() throws {
        let layers = Sequential([Upsample(2), Activation(.relu), try LayerNorm(2), Dropout(0)])
        #expect(try layers.namedTensors().map(\.name) == ["2.weight", "2.bias"])
        try expect(
            Sequential([Activation(.relu), Upsample(2)])(
                Tensor.from([Float(-1), 4], shape: [1, 1, 1, 2])), [1, 1, 2, 4],
            [0, 1, 3, 4, 0, 1, 3, 4])
        #expect(try Sequential([])(counting(2)).floats() == [1, 2])
    }

    @Test func maxPooling() throws {
        let x = try Tensor.from([Float(1), 5, 9, 2, 3, 8, 7, 7, 7], shape: [1, 1, 3, 3])
        try expect(MaxPool2d(2)(x), [1, 1, 1, 1], [5])
        try expect(MaxPool2d(3)(x), [1, 1, 1, 1], [9])
    }

    @Test func activations() throws {
        let x = try Tensor.from([Float(-1), 0, 2])
        try expect(Activation(.relu)(x), [3], [0, 0, 2])
        try expect(Activation(.gelu)(x), [3], [-0.15865526, 0, 1.9544997])
        // x / (1 + exp(-1.702 x))
        try expect(Activation(.quickGELU)(x), [3], [-0.15420423, 0, 1.9356586])
    }

    @Test func convModules() throws {
        let plain = try ConvModule(2, 3, kernel: 3, padding: 1)
        #expect(
            try plain.namedTensors().map(\.name) == [
                "conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
                "bn.num_batches_tracked",
            ])
        let bare = try ConvModule(2, 1, norm: false, activation: false)
        #expect(try bare.namedTensors().map(\.name) == ["conv.weight", "conv.bias"])
        try set(bare.conv.weight, [1, -3])
        try expect(bare(counting(1, 2, 1, 1)), [1, 1, 1, 1], [-5])
        try set(plain.conv.weight, [Float](repeating: -1, count: 54))
        #expect(try plain(normal(2, 2, 3, 3)).amin().item() == 0)
    }

    @Test func upsamplingIsBilinear() throws {
        let map = try normal(1, 2, 3, 4)
        let large = try Upsample(2)(map)
        #expect(large.shape == [1, 2, 6, 8])
        #expect(try distance(large, map.interpolated(to: Size2D(6, 8), .bilinear())) == 0)
    }
}
