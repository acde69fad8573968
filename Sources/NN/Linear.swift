/// Linear layer `y = x · wᵀ + b` over the last dimension. `[…, in] → […, out]`
public final class Linear: Module {
    /// The matrix w, `[out, in]`.
    @Parameter public var weight: Tensor  // [out, in]
    /// The vector b, `[out]`; nil for none.
    @Parameter public var bias: Tensor?  // [out]
    @CachedValue private var prepared = Prepared.never

    /// A layer with a bias unless it is switched off. Weight and bias start as in PyTorch: uniform
    /// within ±1/√in.
    public init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool = true) throws {
        weight = try Tensor.empty([outFeatures, inFeatures]).defaultUniformInPlace()
        self.bias =
            bias
            ? try Tensor.empty([outFeatures]).defaultUniformInPlace(fanIn: Double(inFeatures)) : nil
    }

    /// `x · wᵀ + b`. `[…, in] → […, out]`
    ///
    /// - Throws: `TorchError` where the last dimension of `x` is not `in`.
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        guard !isTraining, !gradIsEnabled, !OperationCounter.isCounting,
            let packed = try packed(for: x)
        else {
            return try x.linear(weight, bias)
        }
        let y = try packed(asMap(x).to(packed.dtype))
        return try y.permuted(0, 2, 3, 1).reshaped(x.shape.dropLast() + [weight.size(0)])
    }

    /// Discards the weights that were prepared for inference.
    override public func stateDidChange() { prepared = .never }

    /// At inference a linear layer that is used again becomes a 1×1 convolution of a map with one
    /// column, for which the engine's kernels are faster than a matrix product. A layer that runs
    /// once for every model, for example in a text encoder, is not worth the memory.
    private enum Prepared {
        case never, usedOnce
        case packed(PackedConv2d)
    }

    private func packed(for x: Tensor) throws -> PackedConv2d? {
        let rows = x.count / max(1, x.size(-1))
        guard x.device == .cpu, rows >= 64, x.size(-1) == weight.size(1) else { return nil }
        let dtype = autocastType(on: .cpu) ?? x.dtype
        switch prepared {
        case .never:
            prepared = .usedOnce
            return nil
        case .packed(let made) where made.dtype == dtype:
            return made
        case .usedOnce, .packed:
            let kernel = try weight.to(dtype).reshaped([weight.size(0), weight.size(1), 1, 1])
            guard let made = try PackedConv2d(kernel, bias?.to(dtype), like: asMap(x).to(dtype))
            else { return nil }
            prepared = .packed(made)
            return made
        }
    }

    /// `[…, in] → [1, in, rows, 1]`, channels-last: the same memory, read otherwise.
    private func asMap(_ x: Tensor) throws -> Tensor {
        try x.reshaped([1, -1, 1, x.size(-1)]).permuted(0, 3, 1, 2)
    }
}
