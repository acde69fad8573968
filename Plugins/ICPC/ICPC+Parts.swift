import DenseKitCLIP
import DenseKitCore

// Parts of the method that run alone on named tensors: what golden cases of single parts are
// checked with.

/// Prompts of every kind from one set of parameters, before the context decoder.
final class InstancePromptPart: Module, ModelPart {
    struct Configuration: YAMLConfiguration {
        var numContexts = 8
        var projectorHidden: Int?
        /// Of the text encoder, with as many positions as the longest prompt has.
        var textEncoder = CLIPTextEncoder.Configuration()
    }

    let prompts: InstancePrompts

    override var keys: [String: String] { ["prompts": ""] }

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check("num_contexts", configuration.numContexts, in: 1...4095)
        if let hidden = configuration.projectorHidden {
            try SettingError.check("projector_hidden", hidden, in: 1...65536)
        }
        prompts = try InstancePrompts(
            .icpc, configuration.textEncoder, contexts: configuration.numContexts,
            projectorHidden: configuration.projectorHidden,
            context)
    }

    /// Inputs `texts [k, length]` and `global_embedding [n, d]`; outputs `instance [n, width]` and
    /// `text_embeddings/KIND [n, k, d]`.
    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let global = try inputs.input("global_embedding")
        let names = try prompts.textEncoder.tokens(inputs)
        let instance = try prompts.projector(global)
        var outputs = ["instance": instance]
        for kind in InstancePrompting.allCases where kind != .template {
            outputs["text_embeddings/\(kind.rawValue)"] = try prompts.text(names, instance, kind)
        }
        return outputs
    }
}

/// Score maps at all scales.
final class MultiScaleAlignmentPart: Module, ModelPart {
    struct Configuration: YAMLConfiguration {
        var channels = 1024
        var classes = 150
        /// Of the language map.
        var stride = 32
    }

    let alignment: MultiScaleAlignment

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check("channels", configuration.channels, in: 1...65536)
        try SettingError.check("classes", configuration.classes, in: 1...65535)
        try SettingError.check("stride", configuration.stride, in: 1...65536)
        alignment = try MultiScaleAlignment(
            configuration.channels, classes: configuration.classes, stride: configuration.stride)
    }

    /// Inputs `visual [n, d, h, w]`, `text [n, k, d]` and `sizes [levels, 2]`, coarse to fine;
    /// outputs `score_map_STRIDE [n, k, hᵢ, wᵢ]`.
    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let visual = try inputs.input("visual")
        let text = try inputs.input("text")
        let sizes = try inputs.input("sizes")
        guard sizes.shape == [alignment.strides.count, 2] else {
            throw SettingError(
                "sizes must be [\(alignment.strides.count), 2], a height and a width for each stride, found \(sizes.shape)"
            )
        }
        let numbers = try sizes.integers().map(Int.init)
        let pairs = alignment.strides.indices.map { Size2D(numbers[2 * $0], numbers[2 * $0 + 1]) }
        let maps = try alignment(visual, text, sizes: pairs)
        return Dictionary(
            uniqueKeysWithValues: zip(alignment.strides, maps).map { ("score_map_\($0)", $1) })
    }
}

/// The contrastive loss without its weight.
final class AlignGuidedContrastPart: Module, ModelPart {
    struct Configuration: YAMLConfiguration {
        var contrastive = ContrastiveSettings()
        var iteration = 0
        var iterations = 1
        /// Label of no class.
        var ignoreIndex = 255
    }

    let configuration: Configuration

    init(_ configuration: Configuration) throws {
        try configuration.contrastive.validate()
        self.configuration = configuration
    }

    /// Inputs `score_map [n, k, h, w]`, `gt_semantic_seg [n, height, width]` and
    /// `priority [n, h, w]`; outputs `loss`, `selected` and `selected_class`.
    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let scores = try inputs.input("score_map")
        let labels = try inputs.input("gt_semantic_seg")
        let priority = try inputs.input("priority")
        var outputs: [String: Tensor] = [:]
        let step = ForwardPass(
            iteration: configuration.iteration, iterations: configuration.iterations,
            randomSource: try .prescribed(priority)
        ) { outputs[$0] = $1 }
        let contrast = AlignGuidedContrast(configuration.contrastive, weight: 1)
        outputs["loss"] = try contrast(
            scores,
            Targets(
                labels: labels.rank == 4 ? labels.squeezed(1) : labels,
                ignoreIndex: configuration.ignoreIndex),
            step)
        return outputs
    }
}
