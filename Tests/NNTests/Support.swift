import DenseKitNN
import Testing

/// Expects a tensor of this shape with these elements in row-major order, each within `tolerance`
/// of its own size or of 1.
func expect(
    _ tensor: Tensor?, _ shape: [Int], _ values: [Double], within tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let tensor = try #require(tensor, sourceLocation: sourceLocation)
    #expect(tensor.shape == shape, sourceLocation: sourceLocation)
    let found = try doubles(tensor)
    let agree =
        found.count == values.count
        && zip(found, values).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    #expect(agree, "found \(found), expected \(values)", sourceLocation: sourceLocation)
}

func doubles(_ tensor: Tensor) throws -> [Double] {
    try tensor.to(.float64).contiguous().withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
}

/// The largest distance between elements of two tensors of one shape.
func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
    #expect(a.shape == b.shape)
    return try (a.to(.float64) - b.to(.float64)).abs().amax().item()
}

/// Draws from the standard normal distribution that depend on the seed alone.
func normal(_ shape: Int..., seed: UInt64 = 0) throws -> Tensor {
    try Tensor.randomNormal(shape, generator: RandomGenerator(seed: seed))
}

/// `1, 2, …` in this shape.
func counting(_ shape: Int...) throws -> Tensor {
    try Tensor.from((1...shape.reduce(1, *)).map(Float.init), shape: shape)
}

/// Writes numbers into a parameter.
func set(_ parameter: Tensor?, _ values: [Float]) throws {
    let parameter = try #require(parameter)
    try withoutGrad { _ = try parameter.copyInPlace(Tensor.from(values, shape: parameter.shape)) }
}
