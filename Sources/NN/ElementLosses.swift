// Losses of each element by itself, before anything is weighed or added up.
extension Tensor {
    /// 1 at the class of each row, 0 elsewhere; a row of an index outside `0 ..< classes` is 0 throughout. int64 `[…] → […, classes]` float32
    public func oneHot(_ classes: Int) throws -> Tensor {
        try unsqueezed(-1).equals(Tensor.arange(to: Double(classes), device: device)).to(.float32)
    }

    /// The focal loss of probabilities `p = σ(x)`: `−α (1 − p)^γ log p` where the target is 1, `−(1 − α) p^γ log(1 − p)` where it is 0
    /// (Lin et al., [arXiv:1708.02002](https://arxiv.org/abs/1708.02002)). This is `x`, the logits.
    ///
    /// - Parameter target: 0…1, of the logits' shape
    /// - Returns: of that shape
    public func sigmoidFocal(_ target: Tensor, gamma: Double, alpha: Double) throws -> Tensor {
        let p = try sigmoid()
        let missed = try p + target - p * target * 2  // 1 − p of the positives, p of the negatives
        let balance = try target * (2 * alpha - 1) + (1 - alpha)
        return try binaryCrossEntropyWithLogits(target, reduction: .none) * balance * missed.pow(gamma)
    }

    /// `|x − y|`, of one shape.
    public func absoluteLoss(_ target: Tensor) throws -> Tensor { try (self - target).abs() }

    /// `d² / 2β` for distances d below β, `d − β / 2` above (Girshick, [arXiv:1504.08083](https://arxiv.org/abs/1504.08083)). Of one shape.
    public func smoothL1(_ target: Tensor, beta: Double) throws -> Tensor {
        let distance = try (self - target).abs()
        return try Tensor.where(distance.isLess(than: beta), distance * distance * (0.5 / beta), distance - 0.5 * beta)
    }
}
