import DenseKitComponents
import Testing

/// Two maps, at strides 2 and 4, each a mean over pixels put through a 1×1 convolution.
final class TinyNet: Module, Backbone {
    struct Configuration: YAMLConfiguration {
        var channels = [4, 6]
        /// Makes it return other maps than it declares.
        var returns: [Int]?
        var fails = false
    }

    let convs: [Conv2d]
    let outputs: [FeatureSpec]
    let language: LanguageSpec?
    let returned: [Int]

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard !configuration.fails else { throw SettingError("fails as it was told") }
        returned = configuration.returns ?? configuration.channels
        convs = try returned.map { try Conv2d(3, $0, kernel: 1) }
        outputs = configuration.channels.enumerated().map {
            FeatureSpec(channels: $1, stride: 2 << $0)
        }
        language = LanguageSpec(width: 5, stride: 4)
    }

    func callAsFunction(_ images: Tensor) throws -> Features {
        Features(maps: try convs.enumerated().map { try $1(images.avgPool2d(Size2D(2 << $0))) })
    }
}

/// Adds a channel for each class to the last map.
final class TinyPrompter: Module, Prompter {
    struct Configuration: YAMLConfiguration {}

    @Parameter var contexts: Tensor
    let scores: Conv2d
    let outputs: [FeatureSpec]
    let seenLanguage: LanguageSpec?

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        contexts = try Tensor.zeros([1])
        guard let last = context.features.last else { throw SettingError("needs features") }
        scores = try Conv2d(last.channels, context.classCount, kernel: 1)
        outputs =
            context.features.dropLast() + [
                FeatureSpec(channels: last.channels + context.classCount, stride: last.stride)
            ]
        seenLanguage = context.language
    }

    override var keys: [String: String] { ["scores": "score_conv"] }

    func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput {
        var maps = features.maps
        let score = try scores(maps[maps.count - 1])
        maps[maps.count - 1] = try Tensor.cat([maps[maps.count - 1], score], dim: 1)
        return PrompterOutput(maps: maps, textEmbeddings: contexts, scoreMaps: [score])
    }

    func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws
        -> Losses
    {
        var losses = Losses()
        losses.add(term: "aux.loss_score", try prompted.scoreMaps[0].pow(2).mean())
        losses.add(metric: "aux.progress", try Tensor.full([], step.progress))
        return losses
    }
}

/// The same number of channels on every level.
final class TinyNeck: Module, Neck {
    struct Configuration: YAMLConfiguration {
        var channels = 8
    }

    let convs: [Conv2d]
    let outputs: [FeatureSpec]

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        convs = try context.features.map {
            try Conv2d($0.channels, configuration.channels, kernel: 1)
        }
        outputs = context.features.map {
            FeatureSpec(channels: configuration.channels, stride: $0.stride)
        }
    }

    func callAsFunction(_ maps: [Tensor]) throws -> [Tensor] {
        try zip(convs, maps).map { try $0($1) }
    }
}

/// Classifies the finest map.
final class TinyHead: Module, SegmentationHead {
    struct Configuration: YAMLConfiguration {
        var key = "decode_head"
        var loss = ComponentNode(type: "TinyLoss")
    }

    let classifier: Conv2d
    let loss: any Loss
    let checkpointKey: String
    let seen: [FeatureSpec]
    private(set) var runs = 0

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        guard let finest = context.features.first else { throw SettingError("needs features") }
        classifier = try Conv2d(finest.channels, context.classCount, kernel: 1)
        loss = try context.registry.losses.make(configuration.loss, context)
        checkpointKey = configuration.key
        seen = context.features
    }

    override var keys: [String: String] { ["classifier": "conv_seg"] }

    func embedding(_ maps: [Tensor]) throws -> Tensor {
        runs += 1
        return maps[0]
    }
    func classify(_ embedding: Tensor) throws -> Tensor { try classifier(embedding) }
}

/// Cross-entropy over all labelled pixels.
final class TinyLoss: Module, Loss {
    struct Configuration: YAMLConfiguration {
        var weight = 1.0
    }

    let weight: Double
    let name = "loss_tiny"

    init(_ configuration: Configuration) throws {
        guard configuration.weight >= 0 else { throw SettingError("weight must not be negative") }
        weight = configuration.weight
    }

    func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws
        -> Tensor
    {
        try prediction.crossEntropy(target, ignoreIndex: options.ignoreIndex) * weight
    }
}

struct TinyPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.backbones.register("TinyNet", TinyNet.init)
        registry.prompters.register("TinyPrompter", TinyPrompter.init)
        registry.necks.register("TinyNeck", TinyNeck.init)
        registry.heads.register("TinyHead", TinyHead.init)
        registry.losses.register("TinyLoss", TinyLoss.init)
    }
}

func tinyRegistry() throws -> Registry { try Registry([TinyPlugin()]) }

/// The model of a YAML text with three classes.
func model(_ yaml: String, classes: [String] = ["road", "sky", "tree"]) throws -> DenseModel {
    let configuration = try ModelConfiguration.decode(yaml: yaml, file: "a.yaml")
    return try DenseModel(
        configuration, BuildContext(registry: tinyRegistry(), classNames: classes))
}
