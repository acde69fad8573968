import DenseKitTorch
import Testing

@Suite struct WinogradTests {
    private func normal(_ shape: [Int], _ seed: UInt64) throws -> Tensor {
        try Tensor.randomNormal(shape, generator: RandomGenerator(seed: seed))
    }

    @Test(
        "A transformed convolution equals the direct sum, computed in float64, on whole and cut tiles",
        arguments: [
            [1, 32, 48, 32, 32], [2, 64, 32, 33, 23], [3, 48, 80, 21, 40], [1, 144, 64, 30, 35],
        ], [false, true])
    func equalsDirect(_ size: [Int], _ relu: Bool) throws {
        let x = try normal([size[0], size[1], size[3], size[4]], 1).channelsLast()
        let weight = try normal([size[2], size[1], 3, 3], 2)
        let bias = try normal([size[2]], 3)
        for bias in [bias, nil] {
            let transformed = try #require(try WinogradConv2d(weight, bias, relu: relu, like: x))
            let y = try transformed(x)
            let sum = try x.to(.float64).conv2d(weight.to(.float64), bias?.to(.float64), padding: 1)
            let expected = try relu ? sum.relu() : sum
            #expect(y.shape == expected.shape && y.isChannelsLast)
            let scale = try expected.abs().amax().item()
            #expect(try (y.to(.float64) - expected).abs().amax().item() <= 4e-6 * scale)
        }
    }

    @Test("It is offered only where it is faster and known to be right")
    func eligible() throws {
        let large = try normal([1, 64, 40, 40], 1)
        func offered(_ weight: [Int], _ x: Tensor) throws -> Bool {
            try WinogradConv2d(normal(weight, 2), nil, like: x) != nil
        }
        #expect(try offered([32, 64, 3, 3], large))
        #expect(try !offered([32, 64, 5, 5], large))
        #expect(try !offered([32, 64, 1, 1], large))
        #expect(try !offered([40, 64, 3, 3], large))
        #expect(try !offered([16, 64, 3, 3], large))
        #expect(try !offered([32, 64, 3, 3], normal([1, 64, 16, 16], 1)))
        #expect(try !offered([32, 64, 3, 3], large.to(.bfloat16)))
    }
}
