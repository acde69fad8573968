/// `y = x · wᵀ + b`. `[…, in] → […, out]`
public final class Linear: Module {
    @Parameter public var weight: Tensor  // [out, in]
    @Parameter public var bias: Tensor?  // [out]

    /// Weights start as PyTorch's do: uniform within ±1/√in.
    public init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool = true) throws {
        weight = try Tensor.empty([outFeatures, inFeatures]).defaultUniformInPlace()
        self.bias = bias ? try Tensor.empty([outFeatures]).defaultUniformInPlace(fanIn: Double(inFeatures)) : nil
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.linear(weight, bias) }
}
