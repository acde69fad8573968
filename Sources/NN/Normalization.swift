/// Batch normalisation of maps `[n, c, h, w]`, per channel over batch and positions. (Ioffe & Szegedy 2015)
public final class BatchNorm2d: Module {
    @Parameter public var weight: Tensor  // [c]
    @Parameter public var bias: Tensor  // [c]
    @Buffer public var runningMean: Tensor  // [c]
    @Buffer public var runningVar: Tensor  // [c]
    @Buffer public var numBatchesTracked: Tensor  // [] int64
    public let momentum: Double
    public let eps: Double
    @Cached private var foldedWeight: Tensor?
    @Cached private var foldedBias: Tensor?

    public init(_ channels: Int, momentum: Double = 0.1, eps: Double = 1e-5) throws {
        weight = try Tensor.ones([channels])
        bias = try Tensor.zeros([channels])
        runningMean = try Tensor.zeros([channels])
        runningVar = try Tensor.ones([channels])
        numBatchesTracked = try Tensor.zeros([], dtype: .int64)
        (self.momentum, self.eps) = (momentum, eps)
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        let y = try x.batchNorm(
            weight: weight, bias: bias, runningMean: runningMean, runningVar: runningVar, training: isTraining,
            momentum: momentum,
            eps: eps)
        if isTraining { try numBatchesTracked.addInPlace(1) }
        return y
    }

    /// The norm of a convolution's output: `self(conv(x))`. At inference the norm is an affine map of every channel; it is folded into
    /// the convolution's weights once, which is equal but for rounding and saves a pass over the map.
    public func callAsFunction(_ conv: Conv2d, _ x: Tensor) throws -> Tensor {
        if isTraining || gradIsEnabled { return try self(conv(x)) }
        let (weight, bias) = try folded(conv, autocastType(on: x.device) ?? .float32)
        return try x.conv2d(
            weight, bias, stride: conv.stride, padding: conv.padding, dilation: conv.dilation, groups: conv.groups)
    }

    override public func stateDidChange() { (foldedWeight, foldedBias) = (nil, nil) }

    /// `w · γ/√(σ² + ε)` and `β + (b − μ) · γ/√(σ² + ε)`
    private func folded(_ conv: Conv2d, _ dtype: DType) throws -> (weight: Tensor, bias: Tensor) {
        if let foldedWeight, let foldedBias, foldedWeight.dtype == dtype { return (foldedWeight, foldedBias) }
        let factor = try weight * (runningVar + eps).rsqrt()
        let shift = try conv.bias.map { try $0 - runningMean } ?? -runningMean
        let newWeight = try (conv.weight * factor.reshaped([-1, 1, 1, 1])).to(dtype)
        let newBias = try (bias + shift * factor).to(dtype)
        (newWeight.name, newBias.name) = (conv.weight.name, conv.bias?.name)
        (foldedWeight, foldedBias) = (newWeight, newBias)
        return (newWeight, newBias)
    }
}

/// Normalisation over the last dimension. (Ba et al. 2016)
public final class LayerNorm: Module {
    @Parameter public var weight: Tensor  // [d]
    @Parameter public var bias: Tensor  // [d]
    public let eps: Double

    public init(_ features: Int, eps: Double = 1e-5) throws {
        weight = try Tensor.ones([features])
        bias = try Tensor.zeros([features])
        self.eps = eps
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.layerNorm(weight, bias, eps: eps) }
}

/// Normalisation over groups of channels and all positions. (Wu & He 2018)
public final class GroupNorm: Module {
    @Parameter public var weight: Tensor  // [c]
    @Parameter public var bias: Tensor  // [c]
    public let groups: Int
    public let eps: Double

    public init(_ groups: Int, _ channels: Int, eps: Double = 1e-5) throws {
        weight = try Tensor.ones([channels])
        bias = try Tensor.zeros([channels])
        (self.groups, self.eps) = (groups, eps)
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.groupNorm(groups, weight: weight, bias: bias, eps: eps) }
}
