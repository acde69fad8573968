import CDenseKitTorch

extension Tensor {
    /// Batch normalisation in training with the statistics of the batches of all processes
    /// together, which may differ in size. Gradients of `weight` and `bias` are those of this
    /// process's batch, to be averaged as all others are. `[n, c, …] → [n, c, …]`
    ///
    /// - Parameters:
    ///   - weight: factor of each channel, `[c]`
    ///   - bias: added to each channel, `[c]`
    ///   - runningMean: `[c]`, updated
    ///   - runningVar: `[c]`, updated
    ///   - momentum: share of the batch's statistics in the new running ones
    ///   - eps: added to the variance
    ///   - group: the processes; all call this in the same order
    /// - Throws: `TorchError` where the channels are others, and where another process is gone.
    public func syncBatchNorm(
        weight: Tensor, bias: Tensor, runningMean: Tensor, runningVar: Tensor, momentum: Double,
        eps: Double, over group: ProcessGroup
    ) throws -> Tensor {
        try make("sync_batch_norm", self, weight, bias) {
            ct_sync_batch_norm(
                handle, weight.handle, bias.handle, runningMean.handle, runningVar.handle,
                momentum, eps, group.handle, $0)
        }
    }
}
