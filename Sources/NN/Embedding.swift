/// A table of trained vectors, looked up by index. `[…] int64 → […, features]`
public final class Embedding: Module {
    /// The vectors, `[entries, features]`.
    @Parameter public var weight: Tensor  // [entries, features]

    /// A table whose elements start from a normal distribution with mean 0 and standard deviation
    /// `std`.
    public init(_ entries: Int, _ features: Int, std: Double = 1) throws {
        weight = try Tensor.empty([entries, features]).normalInPlace(std: std)
    }

    /// The vector of each index, 0 ..< entries. `[…] int64 → […, features]`
    public func callAsFunction(_ indices: Tensor) throws -> Tensor { try weight.embedding(indices) }
}
