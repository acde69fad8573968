import DenseKitTorch
import Testing

@Suite struct RandomTests {
    @Test func aSeedGivesTheSameDraws() throws {
        #expect(try same(normal([5], seed: 1), normal([5], seed: 1)))
        #expect(try !same(normal([5], seed: 1), normal([5], seed: 2)))
        let a = try RandomGenerator(seed: 7)
        let b = try RandomGenerator(seed: 7)
        for _ in 0..<2 {
            #expect(
                try same(
                    Tensor.empty([4]).uniformInPlace(0, 1, generator: a),
                    Tensor.empty([4]).uniformInPlace(0, 1, generator: b)))
        }
    }

    @Test func aStateGivesTheSameDrawsAgain() throws {
        let generator = try RandomGenerator(seed: 3)
        // an odd number: half a pair of normal draws is kept back
        _ = try Tensor.randomNormal([3], generator: generator)
        let state = try generator.state()
        #expect(state.dtype == .uint8)
        func draws() throws -> [Tensor] {
            try [
                Tensor.randomNormal([3], generator: generator),
                Tensor.empty([40]).uniformInPlace(0, 1, generator: generator),
            ]
        }
        let first = try draws()
        let second = try draws()
        try generator.setState(state)
        let again = try draws()
        for (a, b) in zip(first, again) { #expect(try same(a, b)) }
        for (a, b) in zip(first, second) { #expect(try !same(a, b)) }
        let other = try RandomGenerator(seed: 99)
        try other.setState(state)
        #expect(try same(Tensor.randomNormal([3], generator: other), first[0]))
    }

    @Test("The generator of the CPU is the default one; a device that is not there is an error")
    func generatorsOfDevices() throws {
        let generator = try RandomGenerator.standard(of: .cpu)
        let state = try generator.state()
        let first = try Tensor.randomNormal([3])
        #expect(try generator.state().bytes() != state.bytes())
        try generator.setState(state)
        #expect(try same(Tensor.randomNormal([3]), first))
        #expect(try RandomGenerator.standard.state().bytes() == generator.state().bytes())
        #expect(throws: TorchError.self) { try RandomGenerator.standard(of: .meta) }
        #expect(throws: TorchError.self) { try RandomGenerator.standard(of: .cuda(100)) }
    }

    @Test func uniformDraws() throws {
        let draws = try Tensor.empty([20000]).uniformInPlace(
            -1, 3, generator: RandomGenerator(seed: 5))
        #expect(try draws.amin().item() >= -1 && draws.amax().item() < 3)
        #expect(try abs(draws.mean().item() - 1) < 0.03)
        #expect(try abs((draws - 1).pow(2).mean().item() - 16.0 / 12) < 0.03)
    }

    @Test func normalDraws() throws {
        let draws = try Tensor.empty([20000]).normalInPlace(
            mean: 2, std: 3, generator: RandomGenerator(seed: 5))
        #expect(try abs(draws.mean().item() - 2) < 0.1)
        #expect(try abs((draws - 2).pow(2).mean().item() - 9) < 0.3)
    }

    /// Cut at ±2 the standard normal distribution has deviation 0.8796, at ±1 0.5396; cut at -1 and
    /// 2 mean 0.2296 and deviation 0.7209.
    @Test(arguments: [
        (0.0, -2.0, 2.0, 0.0, 0.8796), (0, -1, 2, 0.2296, 0.7209), (1, 0, 2, 1, 0.5396),
        (1, 0, 3, 1.2296, 0.7209),
    ])
    func truncatedNormalDraws(
        _ centre: Double, _ low: Double, _ high: Double, _ mean: Double, _ deviation: Double
    ) throws {
        let draws = try Tensor.empty([40000]).truncatedNormalInPlace(
            mean: centre, low: low, high: high, generator: RandomGenerator(seed: 5))
        #expect(try draws.amin().item() >= low && draws.amax().item() <= high)
        #expect(try abs(draws.mean().item() - mean) < 0.02)
        #expect(try abs((draws - mean).pow(2).mean().item().squareRoot() - deviation) < 0.02)
    }

    @Test func truncatedNormalBoundsAreAbsolute() throws {
        let draws = try Tensor.empty([20000]).truncatedNormalInPlace(
            mean: 1, std: 0.02, generator: RandomGenerator(seed: 5))
        #expect(try abs(draws.mean().item() - 1) < 0.001)
        #expect(try abs((draws - 1).pow(2).mean().item().squareRoot() - 0.02) < 0.001)
        #expect(try draws.amax().item() > 1.04)  // two deviations are no bound here
    }

    @Test func dropoutZeroesAndScales() throws {
        let values = try Tensor.ones([20000]).dropout(0.25).floats()
        #expect(Set(values) == [0, 1 / 0.75])
        #expect(abs(Double(values.count { $0 == 0 }) / 20000 - 0.25) < 0.02)
        #expect(try Tensor.ones([8]).dropout(1).floats() == [Float](repeating: 0, count: 8))
    }

    @Test func dropoutOfChannelsTakesWholeMaps() throws {
        let maps = try Tensor.ones([2, 500, 2, 2]).dropout(0.5, channels: true).reshaped([1000, 4])
        #expect(try same(maps.amin(1), maps.amax(1)))
        #expect(try abs(maps.mean().item() - 1) < 0.15)
    }
}
