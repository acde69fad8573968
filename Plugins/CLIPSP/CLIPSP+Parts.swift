import DenseKitCore

// Parts of the method that run alone on named tensors: what golden cases of single parts are
// checked with.

/// A multi-label decoder.
final class MultilabelDecoderPart: Module, ModelPart {
    struct Configuration: YAMLConfiguration {
        var decoder = ComponentNode(type: "DualGraphFormer")
        /// c, the width of tokens and text.
        var dim = 1024
        var classes = 150
    }

    let decoder: any MultilabelDecoder

    override var keys: [String: String] { ["decoder": ""] }

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        try SettingError.check("dim", configuration.dim, in: 1...65536)
        try SettingError.check("classes", configuration.classes, in: 1...65535)
        var context = context
        context.language = LanguageSpec(width: configuration.dim, stride: 32)
        context.classNames = (0..<configuration.classes).map { "class \($0)" }
        decoder = try context.registry.multilabelDecoders.make(configuration.decoder, context)
    }

    /// Inputs `visual [n, c, p]` and `codebook [K, c]`; outputs `logits` and
    /// `probabilities [n, K]`, and of a DualGraphFormer `text` and `visual`, the output and the
    /// input of its last block.
    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let visual = try inputs.input("visual")
        let codebook = try inputs.input("codebook")
        var outputs: [String: Tensor] = [:]
        let step = ForwardPass { name, tensor in
            outputs[name.replacing("multilabel_", with: "")] = tensor
        }
        let logits = try decoder(visual.transposed(1, 2), codebook, step)
        outputs["logits"] = logits
        outputs["probabilities"] = try logits.sigmoid()
        return outputs
    }
}

/// The scene refinement module.
final class SceneRefinementPart: Module, ModelPart {
    struct Configuration: YAMLConfiguration {
        var settings = SceneRefinementSettings()
        /// Of the last stage.
        var channels = 2048
        /// c, the width of the text.
        var dim = 1024
        var k = 30
        /// Of the map that takes the last stage's place; left out, `dim`.
        var outChannels: Int?
    }

    let refinement: SceneRefinement

    override var keys: [String: String] { ["refinement": ""] }

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        let output = configuration.outChannels ?? configuration.dim
        for (key, value) in [
            ("channels", configuration.channels), ("dim", configuration.dim),
            ("k", configuration.k), ("out_channels", output),
        ] { try SettingError.check(key, value, in: 1...65536) }
        refinement = try SceneRefinement(
            configuration.settings, configuration.channels, text: configuration.dim,
            labels: configuration.k, output: output)
    }

    /// Inputs `x4 [n, c4, h, w]` and `tokens [n, k, c + 1]`; outputs `gate`, `refined`,
    /// `attention`, `attention_logits` and `fused`.
    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let x4 = try inputs.input("x4")
        let tokens = try inputs.input("tokens")
        var outputs: [String: Tensor] = [:]
        _ = try refinement(x4, tokens, ForwardPass { outputs[$0] = $1 })
        return outputs
    }
}

/// What is made of label maps and probabilities without any weight: targets, co-occurrence, batch
/// drop, scene tokens, the scene loss.
final class SceneTargetsPart: Module, ModelPart {
    struct Configuration: YAMLConfiguration {
        var numClasses = 150
        var k = 30
        /// Of images that take their true labels.
        var ratio = 0.0
        /// Schedules of that ratio, each start, end and factor, to be tabulated at `iterations`.
        var ratios: [[Double]] = []
        var iterations: [Int] = []
        /// Label of no class.
        var ignoreIndex = 255
    }

    let configuration: Configuration

    init(_ configuration: Configuration) throws {
        try SettingError.check("num_classes", configuration.numClasses, in: 1...65535)
        try SettingError.check("k", configuration.k, in: 1...65535)
        guard configuration.ratios.allSatisfy({ $0.count == 3 }) else {
            throw SettingError(key: "ratios", "ratios must be triples of start, end and factor")
        }
        self.configuration = configuration
    }

    /// Inputs `labels [n, height, width]`, `probabilities [n, K]`, `codebook [K, c]`,
    /// `image_draws [n]`, `label_draws [n, K]` and `attention_logits [n, k, h, w]`; outputs by
    /// their names.
    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let labels = try inputs.input("labels")
        let attention = try inputs.input("attention_logits")
        let given = try inputs.input("probabilities")
        let k = min(configuration.k, configuration.numClasses)
        let present = try LabelSets(
            labels, classes: configuration.numClasses, ignoreIndex: configuration.ignoreIndex)
        let probabilities = try ImageProbabilities(given)
        let step = ForwardPass(
            randomSource: try .prescribed([
                BatchDrop.images: inputs.input("image_draws").unsqueezed(1),
                BatchDrop.labels: inputs.input("label_draws"),
            ]))
        var drop = BatchDrop()
        drop.start = configuration.ratio
        drop.end = configuration.ratio
        let selected = try Tensor.labels(drop(probabilities, present, k: k, step)).to(
            labels.device)
        let masked = try probabilities.images.indices.map {
            try drop.isMasked($0, configuration.ratio, step.randomSource) ? Int64(1) : 0
        }
        let cells = try SceneLoss.cellLabels(labels, attention)
        return try [
            "multi_label": present.indicators(), "co_occurrence": coOccurrence(present),
            "ratio": ratios(),
            "top_k": Tensor.labels(probabilities.images.map { Array($0.ranking.prefix(k)) }),
            "masked": Tensor.from(masked), "selected": selected,
            "tokens": sceneTokens(inputs.input("codebook"), given, selected), "cell_labels": cells,
            "scene_loss": SceneLoss.value(attention, cells, selected, configuration.ignoreIndex),
        ]
    }

    private func coOccurrence(_ present: LabelSets) throws -> Tensor {
        var counts = CoOccurrence(classes: (0..<configuration.numClasses).map { "class \($0)" })
        for image in present.images { counts.add(image.indices.filter { image[$0] }) }
        return try Tensor.from(
            counts.normalized(), shape: [configuration.numClasses, configuration.numClasses])
    }

    private func ratios() throws -> Tensor {
        let table = configuration.ratios.flatMap { row in
            var drop = BatchDrop()
            drop.start = row[0]
            drop.end = row[1]
            drop.decay = row[2]
            return configuration.iterations.map { Float(drop.ratio(at: $0)) }
        }
        return try Tensor.from(
            table, shape: [configuration.ratios.count, configuration.iterations.count])
    }
}
