import DenseKitCLIP
import DenseKitCore
import DenseKitLanguageGuidance

/// V: an image as tokens in the space of the text, the global one first. (section 3.2)
///
/// They are the backbone's own language-compatible outputs; a backbone without them gets a 1×1
/// convolution on its last stage, whose mean is the global token.
final class VisualTokens: Module {
    let visualProj: Conv2d?
    let width: Int
    private let side: Int?

    /// - Throws: `SettingError` for settings out of range.
    init(_ settings: VisualProjectionSettings, _ context: BuildContext) throws {
        if let language = context.language {
            visualProj = nil
            width = language.width
            side = nil
            super.init()
            return
        }
        try SettingError.check("visual_proj.output_dim", settings.outputDim, in: 1...65536)
        try SettingError.check(
            "visual_proj.input_resolution", settings.inputResolution, in: 32...32768)
        visualProj = try Conv2d(context.features.last?.channels ?? 0, settings.outputDim, kernel: 1)
        width = settings.outputDim
        side = settings.languageGrid.side(inputResolution: settings.inputResolution)
        super.init()
        try visualProj?.startAsProjection()
    }

    /// `[n, 1 + g², c]`
    ///
    /// - Throws: `SettingError` where the backbone declares language outputs that it does not
    ///   return.
    func callAsFunction(_ features: Features) throws -> Tensor {
        if let visualProj {
            let local = try visualProj(features.maps[features.maps.count - 1].averaged(to: side))
                .asTokens()
            return try Tensor.cat([local.mean(1, keep: true), local], dim: 1)
        }
        guard let global = features.globalEmbedding, let local = features.languageMap else {
            throw SettingError(
                "the backbone declares language outputs and returned none: set globalEmbedding and languageMap in its Features"
            )
        }
        return try ImageEmbeddings(global: global, local: local).memory()
    }
}

extension Linear {
    /// The start of all of CLIP-SP's projections: a truncated normal distribution of std 0.02,
    /// biases 0.
    func startAsProjection() throws {
        try weight.truncatedNormalInPlace(std: 0.02)
        try withoutGrad { _ = try bias?.fillInPlace(0) }
    }
}

extension Conv2d {
    /// The start of all of CLIP-SP's projections: a truncated normal distribution of std 0.02,
    /// biases 0.
    func startAsProjection() throws {
        try weight.truncatedNormalInPlace(std: 0.02)
        try withoutGrad { _ = try bias?.fillInPlace(0) }
    }
}
