// Losses of each element by itself, before anything is weighed or added up.
extension Tensor {
    /// 1 at the class of each element, 0 elsewhere; all 0 for an index outside `0 ..< classes`.
    /// int64 `[…] → […, classes]` float32
    public func oneHot(_ classes: Int) throws -> Tensor {
        try unsqueezed(-1).equals(Tensor.arange(to: Double(classes), device: device)).to(.float32)
    }

    /// Focal loss of each logit with `p = σ(x)`: `−α (1 − p)^γ log p` where the target is 1,
    /// `−(1 − α) p^γ log(1 − p)` where it is 0 (Lin et al.,
    /// [arXiv:1708.02002](https://arxiv.org/abs/1708.02002)). `[…] → […]`
    ///
    /// - Parameters:
    ///   - target: 0…1, of the shape of the logits
    ///   - gamma: γ, 0 or more: how far the loss of confident elements is reduced
    ///   - alpha: α, 0…1, the weight of targets that are 1
    public func sigmoidFocal(_ target: Tensor, gamma: Double, alpha: Double) throws -> Tensor {
        let p = try sigmoid()
        let missed = try p + target - p * target * 2  // 1 − p of the positives, p of the negatives
        let balance = try target * (2 * alpha - 1) + (1 - alpha)
        return try binaryCrossEntropyWithLogits(target, reduction: .none) * balance
            * missed.pow(gamma)
    }

    /// Absolute difference `|x − y|` of each element. `[…], […] → […]`
    public func absoluteLoss(_ target: Tensor) throws -> Tensor { try (self - target).abs() }

    /// Smooth L1 loss of each element: `d² / 2β` for a distance d below β, `d − β / 2` above
    /// (Girshick, [arXiv:1504.08083](https://arxiv.org/abs/1504.08083)). `[…], […] → […]`
    ///
    /// - Parameters:
    ///   - target: of the shape of this tensor
    ///   - beta: above 0
    public func smoothL1(_ target: Tensor, beta: Double) throws -> Tensor {
        let distance = try (self - target).abs()
        return try Tensor.where(
            distance.isLess(than: beta), distance * distance * (0.5 / beta), distance - 0.5 * beta)
    }
}
