import DenseKitCLIP
import DenseKitCore

/// The visual embeddings that text is compared with: the language-compatible outputs of the
/// backbone, or, where it has none, those of an attention pool on its last stage. (DenseCLIP
/// section 3.4, "any backbone")
///
/// The pool's checkpoint keys are `attnpool.*`, at the top.
public final class VisualEmbeddings: Module {
    /// The pool on the last stage; nil where the backbone has language-compatible outputs itself.
    public let attnpool: AttentionPool2d?
    /// d: width of visual and text embeddings.
    public let width: Int
    /// Index of the pyramid's level whose grid the map of embeddings has.
    public let level: Int

    /// Adds an attention pool with one head for every 64 channels, where `context.language` is nil.
    ///
    /// - Throws: `SettingError` for a backbone without features or with a fixed language grid, and
    ///   settings out of range.
    public init(_ pool: AttentionPoolSettings, _ context: BuildContext) throws {
        guard let last = context.features.last else {
            throw SettingError("needs a backbone with at least one level of features")
        }
        if let language = context.language {
            if let side = language.side {
                throw SettingError(
                    "the backbone's language map has \(side)×\(side) positions whatever the image (language_grid: fixed), and this "
                        + "prompter compares it with a level of the pyramid: set language_grid: native"
                )
            }
            width = language.width
            attnpool = nil
            level =
                context.features.lastIndex { $0.stride == language.stride } ?? context.features
                .count - 1
        } else {
            width = pool.outputDim
            attnpool = try SettingError.within("attention_pool", namesKey: false) {
                try AttentionPool2d(
                    last.channels, inputResolution: pool.inputResolution,
                    heads: max(1, last.channels / 64),
                    output: pool.outputDim, positions: pool.positions)
            }
            level = context.features.count - 1
        }
    }

    /// The embeddings of a batch, also recorded in `step` as `global_embedding` and
    /// `visual_embedding`.
    ///
    /// - Throws: `SettingError` where the backbone declares language outputs that it does not
    ///   return, and for a map that is larger than the grid of a pool with `positions: crop`.
    public func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> ImageEmbeddings
    {
        let seen: ImageEmbeddings
        if let attnpool {
            let (global, local) = try attnpool(features.maps[level])
            seen = ImageEmbeddings(global: global, local: local)
        } else if let global = features.globalEmbedding, let local = features.languageMap {
            seen = ImageEmbeddings(global: global, local: local)
        } else {
            throw SettingError(
                "the backbone declares language outputs and returned none: set globalEmbedding and languageMap in its Features"
            )
        }
        try step.record(["global_embedding": seen.global, "visual_embedding": seen.local])
        return seen
    }
}

/// The embeddings of n images that text can be compared with; neither is normalised.
public struct ImageEmbeddings {
    /// z̄: one embedding for each image, `[n, d]`.
    public let global: Tensor
    /// z: an embedding for every position, `[n, d, h, w]`.
    public let local: Tensor

    /// Global embeddings `[n, d]` and local ones `[n, d, h, w]` of the n images.
    public init(global: Tensor, local: Tensor) {
        self.global = global
        self.local = local
    }

    /// The global embedding, then those of all positions, row by row, as a context decoder reads
    /// them: [z̄, z], `[n, 1 + hw, d]`.
    public func memory() throws -> Tensor {
        try Tensor.cat([global.unsqueezed(1), rows(local)], dim: 1)
    }
}

/// The cosine of every position of a map and every text. (DenseCLIP section 3.2)
///
/// Map `[n, d, h, w]` and text `[n, k, d]` → `[n, k, h, w]`.
public func scoreMap(_ map: Tensor, _ text: Tensor) throws -> Tensor {
    // [n, hw, k]
    let scores = try rows(map).normalized(2).matmul(text.normalized(2).transposed(1, 2))
    return try scores.reshaped([map.size(0), map.size(2), map.size(3), text.size(1)]).permuted(
        0, 3, 1, 2)
}

/// The auxiliary loss of a score map `[n, k, h, w]` divided by `temperature`, against the labels;
/// its terms begin with `aux_identity`. (DenseCLIP equation 7)
///
/// - Throws: `TargetError` without labels.
public func scoreMapLosses(
    _ scores: Tensor, temperature: Double, loss: any Loss, _ targets: Targets, _ step: ForwardPass
) throws -> Losses {
    var losses = Losses()
    losses.add(
        try segmentationLosses(scores / temperature, loss: loss, targets, step),
        prefix: "aux_identity")
    return losses
}

/// `[n, d, h, w] → [n, hw, d]`
private func rows(_ map: Tensor) throws -> Tensor {
    try map.permuted(0, 2, 3, 1).reshaped([map.size(0), map.size(2) * map.size(3), map.size(1)])
}
