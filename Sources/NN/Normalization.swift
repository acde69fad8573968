/// Batch normalisation of each channel over batch and positions. `[n, c, h, w] → [n, c, h, w]`
/// (Ioffe & Szegedy 2015)
public final class BatchNorm2d: Module {
    /// Scale γ of each channel, `[c]`; starts at 1.
    @Parameter public var weight: Tensor  // [c]
    /// Shift β of each channel, `[c]`; starts at 0.
    @Parameter public var bias: Tensor  // [c]
    /// Running mean of each channel, `[c]`, used at inference; starts at 0.
    @ModuleBuffer public var runningMean: Tensor  // [c]
    /// Running variance of each channel, `[c]`, used at inference; starts at 1.
    @ModuleBuffer public var runningVar: Tensor  // [c]
    /// Number of training batches that entered the running statistics, a scalar int64.
    @ModuleBuffer public var numBatchesTracked: Tensor  // [] int64
    /// Share of a batch's statistics in the new running ones, 0…1.
    public let momentum: Double
    /// Added to the variance before the square root.
    public let eps: Double
    /// Whether training too normalises with the running statistics and leaves them unchanged.
    public var hasFrozenStatistics = false
    /// Processes whose batches together give the statistics in training; nil for those of the own
    /// batch alone. Gradients of weight and bias stay those of the own batch.
    public var statisticsGroup: ProcessGroup?

    /// Batch normalisation of `channels` channels; momentum and eps are PyTorch's by default.
    public init(_ channels: Int, momentum: Double = 0.1, eps: Double = 1e-5) throws {
        weight = try Tensor.ones([channels])
        bias = try Tensor.zeros([channels])
        runningMean = try Tensor.zeros([channels])
        runningVar = try Tensor.ones([channels])
        numBatchesTracked = try Tensor.zeros([], dtype: .int64)
        self.momentum = momentum
        self.eps = eps
    }

    /// `x` normalised with the batch's statistics in training, and with the running ones at
    /// inference or where they are frozen. `[n, c, h, w] → [n, c, h, w]`
    ///
    /// - Throws: `TorchError` in training where a channel has a single value, and where `x` has
    ///   other channels.
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        let learns = isTraining && !hasFrozenStatistics
        let y =
            if learns, let statisticsGroup {
                try x.syncBatchNorm(
                    weight: weight, bias: bias, runningMean: runningMean, runningVar: runningVar,
                    momentum: momentum, eps: eps, over: statisticsGroup)
            } else {
                try x.batchNorm(
                    weight: weight, bias: bias, runningMean: runningMean, runningVar: runningVar,
                    training: learns, momentum: momentum, eps: eps)
            }
        if learns { try numBatchesTracked.addInPlace(1) }
        return y
    }

    /// The weights of `conv` followed by this norm with its running statistics, which is an affine
    /// map of every channel: `w · γ/√(σ² + ε)` and `β + (b − μ) · γ/√(σ² + ε)`.
    func folded(into conv: Conv2d) throws -> (weight: Tensor, bias: Tensor?) {
        let factor = try weight * (runningVar + eps).rsqrt()
        let shift = try conv.bias.map { try $0 - runningMean } ?? -runningMean
        return try (conv.weight * factor.reshaped([-1, 1, 1, 1]), bias + shift * factor)
    }
}

extension Module {
    /// Makes every batch norm below use the statistics of the batches of all processes of `group`
    /// in training (SyncBN); nil for those of its own batch.
    ///
    /// - Returns: how many there are
    /// - Throws: `ModuleError` for a module that cannot be walked.
    @discardableResult
    public func synchronizeBatchNorms(over group: ProcessGroup?) throws -> Int {
        let norms = try namedModules().compactMap { $0.module as? BatchNorm2d }
        for norm in norms { norm.statisticsGroup = group }
        return norms.count
    }
}

/// Layer normalisation over the last dimension. `[…, d] → […, d]` (Ba et al. 2016)
public final class LayerNorm: Module {
    /// Scale of each feature, `[d]`; starts at 1.
    @Parameter public var weight: Tensor  // [d]
    /// Shift of each feature, `[d]`; starts at 0.
    @Parameter public var bias: Tensor  // [d]
    /// Added to the variance before the square root.
    public let eps: Double

    /// Layer normalisation of `features` features; eps is PyTorch's by default.
    public init(_ features: Int, eps: Double = 1e-5) throws {
        weight = try Tensor.ones([features])
        bias = try Tensor.zeros([features])
        self.eps = eps
    }

    /// `x` normalised over its last dimension, in the precision of the weight. `[…, d] → […, d]`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.layerNorm(weight, bias, eps: eps)
    }
}

/// Group normalisation over groups of channels and all positions. `[n, c, …] → [n, c, …]` (Wu & He
/// 2018)
public final class GroupNorm: Module {
    /// Scale of each channel, `[c]`; starts at 1.
    @Parameter public var weight: Tensor  // [c]
    /// Shift of each channel, `[c]`; starts at 0.
    @Parameter public var bias: Tensor  // [c]
    /// Number of groups; it divides the channels.
    public let groups: Int
    /// Added to the variance before the square root.
    public let eps: Double

    /// Group normalisation of `channels` channels in `groups` groups; eps is PyTorch's by default.
    public init(_ groups: Int, _ channels: Int, eps: Double = 1e-5) throws {
        weight = try Tensor.ones([channels])
        bias = try Tensor.zeros([channels])
        self.groups = groups
        self.eps = eps
    }

    /// `x` normalised over each group of channels, in the precision of the weight.
    /// `[n, c, …] → [n, c, …]`
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.groupNorm(groups, weight: weight, bias: bias, eps: eps)
    }
}
