import DenseKitComponents
import DenseKitEvaluation
import Testing

/// A backbone of one convolution, with a map of its own at half the size.
private final class Half: Module, Backbone {
    struct Configuration: YAMLConfiguration {
        var channels = 4
        /// Reads values, which shapes do not have.
        var reads = false
    }

    let conv: Conv2d
    let norm: BatchNorm2d
    let reads: Bool
    let outputs: [FeatureSpec]

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        conv = try Conv2d(3, configuration.channels, kernel: 3, stride: 2, padding: 1)
        norm = try BatchNorm2d(configuration.channels)
        reads = configuration.reads
        outputs = [FeatureSpec(channels: configuration.channels, stride: 2)]
    }

    func callAsFunction(_ images: Tensor) throws -> Features {
        if reads { _ = try images.floats() }
        return Features(maps: [try conv(images, norm: norm, relu: true)])
    }
}

/// Keeps what its text part said, and computes the text by a shorter way where it may.
private final class Words: Module, Prompter {
    struct Configuration: YAMLConfiguration {}

    final class Text: Module {
        let encoder: Linear

        init(_ width: Int) throws { encoder = try Linear(6, width) }

        func callAsFunction(_ classes: Int) throws -> Tensor {
            guard OperationCounter.wantsDefinitions else {
                return try encoder(Tensor.zeros([classes, 6]))
            }
            return try encoder(Tensor.zeros([classes, 5, 6])).selected(1, 0)
        }
    }

    let text: Text
    @Parameter var scale: Tensor
    let classes: Int
    let outputs: [FeatureSpec]
    @CachedValue var kept: Tensor?

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        text = try Text(context.features[0].channels)
        scale = try Tensor.ones([1])
        classes = context.classCount
        outputs = context.features
    }

    override func stateDidChange() { kept = nil }

    func callAsFunction(_ features: Features, _ step: ForwardPass) throws -> PrompterOutput {
        let embeddings = try kept ?? text(classes)
        kept = embeddings
        let map = features.maps[0]
        let n = map.size(0)
        let c = map.size(1)
        let h = map.size(2)
        let w = map.size(3)
        let scores = try map.reshaped([n, c, h * w]).transposed(1, 2).matmul(
            embeddings.transposed(0, 1))
        return PrompterOutput(
            maps: features.maps, textEmbeddings: embeddings,
            scoreMaps: [try scores.reshaped([n, h, w, classes])])
    }

    func losses(_ prompted: PrompterOutput, _ targets: Targets, _ step: ForwardPass) throws
        -> Losses
    { Losses() }
}

private final class Enlarging: Module, ConvSegHead {
    struct Configuration: YAMLConfiguration {}

    let up: ConvTranspose2d
    let convSeg: Conv2d
    let loss: any Loss

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        let channels = context.features[0].channels
        up = try ConvTranspose2d(channels, channels, kernel: 2, stride: 2)
        convSeg = try Conv2d(channels, context.classCount, kernel: 1)
        loss = NoLoss()
    }

    func embedding(_ maps: [Tensor]) throws -> Tensor {
        try up(maps[0]).interpolated(to: 4, .nearest)
    }
}

/// A detector that looks at its best positions again: which are the best, shapes do not know.
private final class Choosing: Module, CountableHead {
    struct Configuration: YAMLConfiguration {}

    let first: Conv2d
    let second: Linear
    let checkpointKey = ""
    var task: any HeadTask { DetectionTask(masks: false) }

    init(_ configuration: Configuration, _ context: BuildContext) throws {
        first = try Conv2d(context.features[0].channels, 1, kernel: 1)
        second = try Linear(context.features[0].channels, context.classCount)
    }

    func forwardShapes(_ maps: [Tensor], _ step: ForwardPass) throws {
        _ = try first(maps[0])
        _ = try second(Tensor.zeros([7, maps[0].size(1)], device: maps[0].device))
    }

    func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        var losses = Losses()
        losses.add(term: "loss_cls", try first(maps[0]).sum())
        return losses
    }

    func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        _ = try first(maps[0]).floats()
        return DetectionPredictions([])
    }
}

private final class NoLoss: Module, Loss {
    let name = "loss"

    func callAsFunction(_ prediction: Tensor, _ target: Tensor, _ options: LossOptions) throws
        -> Tensor
    { prediction }
}

private struct SmallPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.backbones.register("Half", Half.init)
        registry.prompters.register("Words", Words.init)
        registry.heads.register("Enlarging", Enlarging.init)
        registry.heads.register("Choosing", Choosing.init)
    }
}

private func small(_ yaml: String) throws -> DenseModel {
    let context = BuildContext(
        registry: try Registry([SmallPlugin()]), classNames: ["a", "b", "c"])
    return try DenseModel(ModelConfiguration.decode(yaml: yaml), context)
}

@Suite struct ComplexityTests {
    private let yaml =
        "{backbone: Half, prompter: Words, head: Enlarging, auxiliary_heads: [Enlarging]}"

    /// 10 × 12 pixels; maps of 5 × 6; heads enlarge to 10 × 12 and come down to 4 × 4.
    @Test(
        "A small model costs what was computed by hand, with memory and without",
        arguments: [Device.meta, .cpu])
    func byHand(_ device: Device) throws {
        let model = try withDevice(device) { try small(yaml) }
        let complexity = try Complexity(of: model, size: Size2D(10, 12))
        let tree = complexity.model

        let backbone = try #require(tree["backbone"]).total
        #expect(backbone.parameters == 120)  // 4 · 3 · 9 + 4 and 4 + 4
        #expect(backbone.cost.perImage == 3480)  // 4 · 3 · 9 · 30 and 2 · 4 · 30
        #expect(tree["backbone.conv"]?.total.cost.perImage == 3240)

        let text = try #require(tree["text"])
        #expect(text.total.parameters == 28 && text.runsOnce)
        // 3 names · 5 · 6 · 4
        #expect(text.total.cost.once == 360 && text.total.cost.perImage == 0)
        #expect(tree["(prompter)"]?.total.cost.perImage == 360)  // 30 · 4 · 3
        #expect(complexity.asRun.once == 72)  // 3 names · 6 · 4

        let head = try #require(tree["decode_head"]).total
        #expect(head.parameters == 83)  // 4 · 4 · 4 + 4 and 4 · 3 + 3
        #expect(head.cost.perImage == 2176)  // 64 · 30, 4 · 16 and 4 · 3 · 16
        #expect(head.cost.perImageAtOutputs == 7936)  // 64 · 120, 4 · 16 and 4 · 3 · 16
        #expect(tree["auxiliary_head"]?.total.parameters == 83)
        #expect(tree["auxiliary_head"]?.total.cost.perImage == 0)
        #expect(tree["(resize to the image)"]?.total.cost.perImage == 1440)  // 4 · 3 · 120

        let whole = tree.total
        #expect(whole.parameters == 315)  // 120, 28, 83, 83 and the scale
        #expect(complexity.parametersPerImage == 287)
        #expect(whole.cost.perImage == 7456 && whole.cost.once == 360)
        #expect(complexity.asRun.perImage == 7456)
        #expect(
            tree.children.map(\.name).prefix(5) == [
                "backbone", "text", "scale", "decode_head", "auxiliary_head",
            ])
        #expect(tree.onceParts.map(\.path) == ["text"])
        #expect(tree["lost"] == nil && tree["backbone.lost"] == nil)
    }

    /// 10 × 12 pixels; a map of 5 × 6, and 7 boxes.
    @Test("A detector is counted without what it chooses by", arguments: [Device.meta, .cpu])
    func detector(_ device: Device) throws {
        let model = try withDevice(device) { try small("{backbone: Half, head: Choosing}") }
        let tree = try Complexity(of: model, size: Size2D(10, 12)).model
        // 30 · 4 and 7 · 4 · 3
        #expect(
            tree["first"]?.total.cost.perImage == 120 && tree["second"]?.total.cost.perImage == 84)
        #expect(tree.total.cost.perImage == 3684 && tree["(resize to the image)"] == nil)
        #expect(tree["first"]?.parameters == 5 && tree["second"]?.parameters == 15)
    }

    @Test("A detector's losses stand alone in the log, and its parts at the top of a checkpoint")
    func names() throws {
        let model = try small("{backbone: Half, head: Choosing}")
        let image = try Tensor.zeros([1, 3, 8, 8])
        #expect(
            try model.losses(image, Targets(), ForwardPass()).entries.map(\.name) == ["loss_cls"])
        #expect(
            try model.namedTensors().map(\.name).suffix(4) == [
                "first.weight", "first.bias", "second.weight", "second.bias",
            ])
    }

    @Test("The model comes back in its mode, with its weights, also after an error")
    func mode() throws {
        for training in [true, false] {
            let model = try small(yaml)
            try model.setTraining(training)
            let before = try model.namedTensors().map { try $0.tensor.floats() }
            _ = try Complexity(of: model, size: 16)
            #expect(model.isTraining == training && model.head.isTraining == training)
            #expect(try model.namedTensors().map { try $0.tensor.floats() } == before)
        }
        let reader = try withDevice(.meta) {
            try small("{backbone: {type: Half, reads: true}, head: Enlarging}")
        }
        #expect(throws: TorchError.self) { try Complexity(of: reader, size: 16) }
        #expect(reader.isTraining)
        let computed = try Complexity(
            of: small("{backbone: {type: Half, reads: true}, head: Enlarging}"), size: 16)
        #expect(computed.model.total.cost.perImage > 0)
    }
}
