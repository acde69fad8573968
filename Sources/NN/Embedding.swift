/// A table of vectors, looked up by index. `[…] int64 → […, features]`
public final class Embedding: Module {
    @Parameter public var weight: Tensor  // [entries, features]

    /// Entries start from the standard normal distribution times `std`.
    public init(_ entries: Int, _ features: Int, std: Double = 1) throws {
        weight = try Tensor.empty([entries, features]).normalInPlace(std: std)
    }

    public func callAsFunction(_ indices: Tensor) throws -> Tensor { try weight.embedding(indices) }
}
