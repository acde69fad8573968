import DenseKitCore

/// Binary cross-entropy for many labels of which most are absent: confident negatives count little,
/// and the most confident ones nothing. (Ridnik et al., "Asymmetric Loss for Multi-Label
/// Classification", ICCV 2021)
///
/// With p = σ(logit), q = min(1 − p + m, 1), p_t = p where the label is present and q where it is
/// absent: −[y log p + (1 − y) log q] · (1 − p_t)^γ, γ being γ₊ or γ₋. Logits `[n, k]`, targets
/// `[n, k]` of 0 and 1 → scalar.
public final class AsymmetricLoss: Module, Loss {
    /// The settings of the asymmetric loss in YAML.
    public struct Configuration: YAMLConfiguration {
        /// Factor of this loss in the sum of losses, 0…1,000,000.
        public var weight = 1.0
        /// γ₊, 0…100: how strongly confident present labels are weighted down; 0 not at all.
        public var gammaPos = 0.0
        /// γ₋, 0…100: how strongly confident absent labels are weighted down; 0 not at all.
        public var gammaNeg = 4.0
        /// m, 0…1: absent labels with a probability below this have no loss.
        public var clip = 0.05
        /// The smallest argument of a logarithm, above 0 and below 1.
        public var eps = 1e-8
        /// Whether no gradient flows through the factor (1 − p_t)^γ, as in the authors' training
        /// script. Without it each γ must be 0, or 1 or above.
        public var detachFocus = true
        /// How the losses of the elements become one value; training needs `mean` or `sum`.
        public var reduction = Averaging.mean
        /// The name in the log.
        public var name = "loss_asl"

        public init() {}
    }

    /// How the losses of the elements, one for each image and label, become one value.
    public enum Averaging: String, Codable, Sendable, CaseIterable {
        /// Their mean over images and labels.
        case mean
        /// Their sum over images and labels.
        case sum
        /// None: the losses stay `[n, k]`, for comparisons alone; no head accepts such a loss.
        case none
    }

    let settings: Configuration
    /// The name in the log, the setting `name`.
    public var name: String { settings.name }
    /// The labels of whole images; nothing where the reduction is `none`, since training needs a
    /// scalar.
    public var purposes: Set<LossPurpose>? { settings.reduction == .none ? [] : [.imageLabels] }

    /// The loss with these settings.
    ///
    /// - Throws: `SettingError` for numbers out of range.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        for (key, gamma) in [
            ("gamma_pos", configuration.gammaPos), ("gamma_neg", configuration.gammaNeg),
        ] {
            try SettingError.check(key, gamma, in: 0...100)
            guard configuration.detachFocus || gamma == 0 || gamma >= 1 else {
                throw SettingError(
                    key: key,
                    "\(key) must be 0, or 1 or above, where detach_focus is false, found \(gamma): the gradient of (1 − p)^γ is not "
                        + "finite where p = 1")
            }
        }
        try SettingError.check("clip", configuration.clip, in: 0...1)
        guard configuration.eps > 0, configuration.eps < 1 else {
            throw SettingError(
                key: "eps", "eps must be above 0 and below 1, found \(configuration.eps)")
        }
        try SettingError.check(weight: configuration.weight)
        settings = configuration
    }

    /// The loss of logits `[n, k]` against targets `[n, k]` of 0 and 1 → scalar, its weight
    /// included; `[n, k]` where the reduction is `none`. Element weights are those of the options;
    /// their average factor is not used.
    public func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions)
        throws -> Tensor
    {
        let y = try target.to(.float32)
        let absent = try -(y - 1)
        let p = try prediction.to(.float32).sigmoid()
        let q = try (-(p - (1 + settings.clip))).clamped(nil, 1)
        let logarithms =
            try y * p.clamped(settings.eps).log() + absent * q.clamped(settings.eps).log()
        var each = try -(logarithms * focus(p, q, y, absent))
        if let weights = options.elementWeights { each = try each * weights }
        let reduced =
            switch settings.reduction {
            case .mean: try each.mean()
            case .sum: try each.sum()
            case .none: each
            }
        return try reduced * settings.weight
    }

    /// (1 − p_t)^γ. As every element has one of two exponents, each power is a number's, which is
    /// exact for small whole ones.
    private func focus(_ p: Tensor, _ q: Tensor, _ y: Tensor, _ absent: Tensor) throws -> Tensor {
        func power(_ probability: Tensor, _ gamma: Double) throws -> Tensor {
            try (-(probability - 1)).pow(gamma)
        }
        func value() throws -> Tensor {
            try y * power(p, settings.gammaPos) + absent * power(q, settings.gammaNeg)
        }
        return try settings.detachFocus ? withoutGrad(value) : value()
    }
}
