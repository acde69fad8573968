import DenseKitTorch
import Testing

/// Expects a tensor of this shape with these elements in row-major order, each within `tolerance`
/// of its own size or of 1.
func expect(
    _ tensor: Tensor, _ shape: [Int], _ values: [Float], within tolerance: Float = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(tensor.shape == shape, sourceLocation: sourceLocation)
    let found = try tensor.floats()
    let agree =
        found.count == values.count && zip(found, values).allSatisfy { matches($0, $1, tolerance) }
    #expect(agree, "found \(found), expected \(values)", sourceLocation: sourceLocation)
}

private func matches(_ a: Float, _ b: Float, _ tolerance: Float) -> Bool {
    a == b || a.isNaN && b.isNaN || abs(a - b) <= tolerance * max(1, abs(b))
}

/// Whether two tensors hold the same elements, bit for bit.
func same(_ a: Tensor, _ b: Tensor) throws -> Bool {
    try a.shape == b.shape && a.dtype == b.dtype && a.bytes() == b.bytes()
}

/// The largest distance between elements of two tensors of one shape.
func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
    #expect(a.shape == b.shape)
    return try (a.to(.float64) - b.to(.float64)).abs().amax().item()
}

/// Draws from the standard normal distribution that depend on the seed alone.
func normal(_ shape: [Int], seed: UInt64 = 0) throws -> Tensor {
    try Tensor.randomNormal(shape, generator: RandomGenerator(seed: seed))
}

/// An operation with the result that it must have.
struct Operation: Sendable, CustomTestStringConvertible {
    let name: String
    let shape: [Int]
    let values: [Float]
    let run: @Sendable () throws -> Tensor

    init(
        _ name: String, _ shape: [Int], _ values: [Float],
        _ run: @escaping @Sendable () throws -> Tensor
    ) {
        self.name = name
        self.shape = shape
        self.values = values
        self.run = run
    }

    var testDescription: String { name }
}

/// `1, 2, …` in this shape.
func counting(_ shape: Int...) throws -> Tensor {
    try Tensor.from((1...shape.reduce(1, *)).map(Float.init), shape: shape)
}
