import DenseKitTorch
import Testing

/// Training on maps in either layout: statistics are as exact, and gradients the same.
@Suite struct BatchNormTests {
    private struct Result {
        let y: Tensor, mean: Tensor, variance: Tensor
    }

    private func normed(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) throws -> Result {
        let mean = try Tensor.full([x.size(1)], 5)
        let variance = try Tensor.full([x.size(1)], 7)
        let y = try x.batchNorm(
            weight: weight, bias: bias, runningMean: mean, runningVar: variance, training: true,
            momentum: 0.25, eps: 1e-5)
        return Result(y: y, mean: mean, variance: variance)
    }

    /// 32,768 values a channel, around 3.
    @Test(arguments: [false, true]) func statistics(_ last: Bool) throws {
        let n = 2
        let c = 8
        let side = 128
        let x = try normal([n, c, side, side]) + 3
        let found = try normed(last ? x.channelsLast() : x, Tensor.ones([c]), Tensor.zeros([c]))
        let values = try x.floats()
        let y = try found.y.floats()
        let mean = try found.mean.floats()
        let variance = try found.variance.floats()
        let area = side * side
        for channel in 0..<c {
            let places = (0..<n).flatMap { image in
                (0..<area).map { (image * c + channel) * area + $0 }
            }
            let average = places.reduce(0.0) { $0 + Double(values[$1]) } / Double(places.count)
            let spread = places.reduce(0.0) {
                $0 + (Double(values[$1]) - average) * (Double(values[$1]) - average)
            }
            let std = (spread / Double(places.count) + 1e-5).squareRoot()
            let worst =
                places.map { abs(Double(y[$0]) - (Double(values[$0]) - average) / std) }.max() ?? 1
            #expect(worst < 2e-6, "channel \(channel): \(worst)")
            #expect(abs(Double(mean[channel]) - (0.75 * 5 + 0.25 * average)) < 1e-6)
            #expect(
                abs(
                    Double(variance[channel])
                        - (0.75 * 7 + 0.25 * spread / Double(places.count - 1))) < 1e-6)
        }
    }

    @Test(arguments: [[2, 3, 5, 7], [1, 17, 33, 40], [3, 64, 1, 2], [2, 1, 8, 8]]) func gradients(
        _ shape: [Int]
    ) throws {
        let c = shape[1]
        func run(_ last: Bool) throws -> [Tensor] {
            let x = last ? try normal(shape).channelsLast() : try normal(shape)
            let weight = try normal([c], seed: 1)
            let bias = try normal([c], seed: 2)
            for leaf in [x, weight, bias] { try leaf.setRequiresGrad(true) }
            let result = try normed(x, weight, bias)
            try (result.y * normal(shape, seed: 3)).sum().backward()
            let gradients = try [x, weight, bias].map { try #require($0.grad) }
            return try [result.y.detached(), result.mean, result.variance] + gradients
        }
        for (a, b) in try zip(run(true), run(false)) { #expect(try distance(a, b) < 1e-4) }
    }

    /// What is not finite does not become finite.
    @Test(arguments: [Double.nan, .infinity]) func notFinite(_ value: Double) throws {
        let x = try Tensor.full([2, 3, 4, 4], value).channelsLast()
        let found = try normed(x, Tensor.ones([3]), Tensor.zeros([3]))
        #expect(try !found.y.isFinite() && !found.mean.isFinite())
    }

    @Test func weightsOfAnotherSize() throws {
        let x = try normal([2, 3, 4, 4]).channelsLast()
        #expect(throws: TorchError.self) { try normed(x, Tensor.ones([4]), Tensor.zeros([4])) }
    }
}
