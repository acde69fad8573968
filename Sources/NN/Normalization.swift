/// Batch normalisation of maps `[n, c, h, w]`, per channel over batch and positions. (Ioffe & Szegedy 2015)
public final class BatchNorm2d: Module {
    @Parameter public var weight: Tensor  // [c]
    @Parameter public var bias: Tensor  // [c]
    @Buffer public var runningMean: Tensor  // [c]
    @Buffer public var runningVar: Tensor  // [c]
    @Buffer public var numBatchesTracked: Tensor  // [] int64
    public let momentum: Double
    public let eps: Double
    /// Whether training too normalises by the running statistics and leaves them as they are.
    public var hasFrozenStatistics = false

    public init(_ channels: Int, momentum: Double = 0.1, eps: Double = 1e-5) throws {
        weight = try Tensor.ones([channels])
        bias = try Tensor.zeros([channels])
        runningMean = try Tensor.zeros([channels])
        runningVar = try Tensor.ones([channels])
        numBatchesTracked = try Tensor.zeros([], dtype: .int64)
        (self.momentum, self.eps) = (momentum, eps)
    }

    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        let learns = isTraining && !hasFrozenStatistics
        let y = try x.batchNorm(
            weight: weight, bias: bias, runningMean: runningMean, runningVar: runningVar, training: learns, momentum: momentum,
            eps: eps)
        if learns { try numBatchesTracked.addInPlace(1) }
        return y
    }

    /// The weights of `conv` followed by this norm with its running statistics, which is an affine map of every channel:
    /// `w · γ/√(σ² + ε)` and `β + (b − μ) · γ/√(σ² + ε)`.
    func folded(into conv: Conv2d) throws -> (weight: Tensor, bias: Tensor?) {
        let factor = try weight * (runningVar + eps).rsqrt()
        let shift = try conv.bias.map { try $0 - runningMean } ?? -runningMean
        return (try conv.weight * factor.reshaped([-1, 1, 1, 1]), try bias + shift * factor)
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
