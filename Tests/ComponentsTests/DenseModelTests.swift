import DenseKitComponents
import DenseKitVision
import Testing

private let whole = """
    backbone: TinyNet
    prompter: TinyPrompter
    neck: TinyNeck
    head: TinyHead
    """

@Suite struct DenseModelTests {
    private func images() throws -> Tensor {
        try Tensor.randomNormal([2, 3, 8, 8], generator: RandomGenerator(seed: 1))
    }
    private func targets() throws -> Targets {
        Targets(labels: try Tensor.zeros([2, 8, 8], dtype: .int64))
    }

    @Test func channelsAndClassesFlowThroughTheParts() throws {
        let model = try model(whole)
        let prompter = try #require(model.prompter as? TinyPrompter)
        let head = try #require(model.head as? TinyHead)
        #expect(
            prompter.outputs.map(\.channels) == [4, 9]
                && prompter.seenLanguage == LanguageSpec(width: 5, stride: 4))
        #expect(
            model.neck?.outputs == [
                FeatureSpec(channels: 8, stride: 2), FeatureSpec(channels: 8, stride: 4),
            ])
        #expect(head.seen == model.neck?.outputs && head.classifier.weight.shape == [3, 8, 1, 1])
        #expect(model.classNames == ["road", "sky", "tree"])
        let plain = try ComponentsTests.model("{backbone: TinyNet, head: TinyHead}")
        #expect(
            (plain.head as? TinyHead)?.seen == plain.backbone.outputs && plain.neck == nil
                && plain.prompter == nil)
    }

    @Test func checkpointKeys() throws {
        let names = try model(whole).namedTensors().map(\.name).filter {
            $0.hasSuffix("weight") || !$0.hasSuffix("bias")
        }
        #expect(
            names == [
                "backbone.convs.0.weight", "backbone.convs.1.weight", "contexts",
                "score_conv.weight", "neck.convs.0.weight",
                "neck.convs.1.weight", "decode_head.conv_seg.weight",
            ])
        #expect(try model(whole).head is TinyHead)
    }

    /// As in mmsegmentation: one head stands without a number, several with theirs.
    @Test func auxiliaryHeads() throws {
        let one = try model(whole + "\nauxiliary_heads: [TinyHead]")
        #expect(
            try one.namedTensors().map(\.name).suffix(2) == [
                "auxiliary_head.conv_seg.weight", "auxiliary_head.conv_seg.bias",
            ])
        let two = try model(whole + "\nauxiliary_heads: [TinyHead, {type: TinyHead, key: x_head}]")
        #expect(
            try two.namedTensors().map(\.name).suffix(4) == [
                "auxiliary_head.0.conv_seg.weight", "auxiliary_head.0.conv_seg.bias",
                "auxiliary_head.1.conv_seg.weight",
                "auxiliary_head.1.conv_seg.bias",
            ])
        #expect(one.auxiliaryHeads.count == 1 && two.auxiliaryHeads.count == 2)
        // They see what the neck hands on; without one the backbone's maps, without the prompter's
        // channels.
        #expect((two.auxiliaryHeads[1] as? TinyHead)?.seen == two.neck?.outputs)
        let bare = try model(
            "{backbone: TinyNet, prompter: TinyPrompter, head: TinyHead, auxiliary_heads: [TinyHead]}"
        )
        #expect((bare.auxiliaryHeads[0] as? TinyHead)?.seen.map(\.channels) == [4, 6])
        #expect((bare.head as? TinyHead)?.seen.map(\.channels) == [4, 9])
        #expect(
            try bare.losses(images(), targets(), ForwardPass()).entries.map(\.name).suffix(1) == [
                "aux.loss_tiny"
            ])
        let names = try one.losses(images(), targets(), ForwardPass()).entries.map(\.name)
        #expect(names == ["decode.loss_tiny", "aux.loss_score", "aux.progress", "aux.loss_tiny"])
        let both = try two.losses(images(), targets(), ForwardPass()).entries.map(\.name)
        #expect(both.suffix(2) == ["aux_0.loss_tiny", "aux_1.loss_tiny"])
    }

    /// Images of which nobody says how they came from their files fill the batch.
    @Test func geometryOfImages() throws {
        let step = ForwardPass()
        let size = Size2D(height: 8, width: 8)
        _ = try model(whole).losses(images(), targets(), step)
        #expect(step.images == [ImageGeometry(size), ImageGeometry(size)])
        let own = ImageGeometry(
            size: size, paddedSize: size, originalSize: Size2D(height: 4, width: 4), scale: (2, 2))
        let given = ForwardPass(images: [own, own])
        _ = try model(whole).predictions(images(), given)
        #expect(given.images == [own, own])
    }

    @Test func lossesAndTheirSum() throws {
        let model = try model(whole)
        let step = ForwardPass(progress: 0.25, wantsMetrics: true)
        let losses = try model.losses(images(), targets(), step)
        #expect(
            losses.entries.map(\.name) == [
                "decode.loss_tiny", "decode.acc_seg", "aux.loss_score", "aux.progress",
            ])
        let values = try losses.entries.map { try $0.value.item() }
        #expect(values[3] == 0.25 && (0...100).contains(values[1]) && step.targets != nil)
        let total = try #require(try losses.total())
        #expect(try abs(total.item() - values[0] - values[2]) < 1e-6)
        try total.backward()
        #expect(
            try model.namedParameters().filter {
                $0.name != "contexts" && !$0.name.hasPrefix("neck.convs.1")
            }.allSatisfy {
                $0.tensor.grad != nil
            })
    }

    @Test func predictions() throws {
        let model = try model(whole)
        var seen: [String: [Int]] = [:]
        let predictions = try model.predictions(
            images(), ForwardPass { name, tensor in seen[name] = tensor.shape })
        let found = try #require(predictions as? SegmentationPredictions)
        #expect(found.embedding.shape == [2, 8, 4, 4])
        #expect(try found.classify(found.embedding).shape == [2, 3, 4, 4])
        let maps = [
            "stage1": [2, 4, 4, 4], "stage2": [2, 6, 2, 2], "neck_0": [2, 8, 4, 4],
            "neck_1": [2, 8, 2, 2],
        ]
        #expect(seen == maps)
    }

    /// Auxiliary heads work in training, and at inference for those who look.
    @Test func auxiliaryHeadsCostNothingAtInference() throws {
        for (heads, names) in [
            ("[TinyHead]", ["aux_logits"]),
            ("[TinyHead, TinyHead]", ["aux_0_logits", "aux_1_logits"]),
        ] {
            let model = try model(whole + "\nauxiliary_heads: \(heads)")
            let classifiers = model.auxiliaryHeads.compactMap { $0 as? TinyHead }
            _ = try model.predictions(images())
            #expect(classifiers.map(\.runs) == names.map { _ in 0 })
            var seen: [String: [Int]] = [:]
            _ = try model.predictions(
                images(), ForwardPass { name, tensor in seen[name] = tensor.shape })
            #expect(
                seen.filter { $0.key.hasPrefix("aux") }
                    == Dictionary(uniqueKeysWithValues: names.map { ($0, [2, 3, 4, 4]) }))
            #expect(classifiers.map(\.runs) == names.map { _ in 1 })
        }
    }

    @Test func errorsNameTheWeight() throws {
        let error = try #require(throws: TorchError.self) {
            try model(whole).predictions(Tensor.zeros([1, 4, 8, 8]))
        }
        #expect(error.path == "backbone.convs.0.weight" && error.operation == "conv2d")
    }

    @Test func freezing() throws {
        let model = try model(whole + "\nfreeze: [backbone.convs.0, contexts, neck]")
        let learning = try model.namedParameters().filter { $0.tensor.requiresGrad }.map(\.name)
        #expect(
            learning == [
                "backbone.convs.1.weight", "backbone.convs.1.bias", "score_conv.weight",
                "score_conv.bias",
                "decode_head.conv_seg.weight",
                "decode_head.conv_seg.bias",
            ])
    }

    @Test(arguments: [
        (
            "head: TinyHead",
            "model.backbone is missing; name one, such as `backbone: { type: … }` (see `Registry.entries`)"
        ),
        (
            "backbone: TinyNet",
            "model.head is missing; name one, such as `head: { type: … }` (see `Registry.entries`)"
        ),
        (
            "{backbone: TinyNet, head: TinyHead, freeze: [backbon]}",
            "a.yaml:1:46: model.freeze: no parameter's key starts with 'backbon'; the model's parts: backbone, decode_head"
        ),
        (
            "{backbone: TinyNet, head: TinyHead, freeze: [backbone.conv]}",
            "a.yaml:1:46: model.freeze: no parameter's key starts with 'backbone.conv'; the model's parts: backbone, decode_head"
        ),
        (
            "{backbone: {type: TinyNet, fails: true}, head: TinyHead}",
            "a.yaml:1:19: backbone TinyNet could not be built: fails as it was told"
        ),
        (
            "{backbone: TinyNet, head: TinyHead, nek: TinyNeck}",
            "a.yaml:1:37: unknown key 'nek'; did you mean 'neck'?"
        ),
    ])
    func modelsThatCannotBeComposed(_ yaml: String, _ expected: String) throws {
        let error = #expect(throws: (any Error).self) { try model(yaml) }
        #expect("\(try #require(error))".hasPrefix(expected), "\(String(describing: error))")
    }

    @Test(arguments: [
        (
            "returns: [4]",
            "the backbone TinyNet returned maps of [4] channels; its outputs declare [4, 6]"
        ),
        (
            "returns: [4, 5]",
            "the backbone TinyNet returned maps of [4, 5] channels; its outputs declare [4, 6]"
        ),
        (
            "returns: []",
            "the backbone TinyNet returned maps of [] channels; its outputs declare [4, 6]"
        ),
    ])
    func partsMustReturnWhatTheyDeclare(_ setting: String, _ expected: String) throws {
        let model = try model("{backbone: {type: TinyNet, \(setting)}, head: TinyHead}")
        let error = try #require(throws: FeatureError.self) { try model.predictions(images()) }
        #expect(error.description == expected)
        #expect(throws: FeatureError.self) { try model.losses(images(), targets(), ForwardPass()) }
    }

    @Test func aSegmentationHeadNeedsLabels() throws {
        let error = try #require(throws: TargetError.self) {
            try model(whole).losses(images(), Targets(), ForwardPass())
        }
        #expect(
            error.description == "a segmentation head needs label maps, and this data set has none")
    }
}

@Suite struct LossesTests {
    /// What an entry was added as decides, and not its name.
    @Test func onlyTermsCount() throws {
        var losses = Losses()
        #expect(try losses.total() == nil)
        losses.add(metric: "loss_of_others", try Tensor.full([], 90))
        #expect(try losses.total() == nil)
        losses.add(term: "dice", try Tensor.full([], 1))
        var inner = Losses()
        inner.add(term: "loss_b", try Tensor.full([], 2))
        inner.add(metric: "acc", try Tensor.full([], 50))
        losses.add(inner, prefix: "aux")
        #expect(losses.entries.map(\.name) == ["loss_of_others", "dice", "aux.loss_b", "aux.acc"])
        #expect(losses.terms.map(\.name) == ["dice", "aux.loss_b"])
        #expect(losses.metrics.map(\.name) == ["loss_of_others", "aux.acc"])
        #expect(try losses.total()?.item() == 3)
    }

    /// One loss for every level of a pyramid: the sum counts, and the observer sees the levels.
    @Test func lossesOfLevels() throws {
        var losses = Losses()
        var seen: [String: [Float]] = [:]
        let levels = try [1.0, 2, 4].map { try Tensor.full([], $0) }
        try losses.add(term: "loss_cls", levels: levels, ForwardPass { seen[$0] = try $1.floats() })
        try losses.add(term: "loss_none", levels: [], ForwardPass())
        #expect(try losses.entries.map(\.name) == ["loss_cls"] && losses.total()?.item() == 7)
        #expect(seen == ["loss_cls": [1, 2, 4]])
        var outer = Losses()
        outer.add(losses)
        #expect(outer.terms.map(\.name) == ["loss_cls"])
    }

    /// Logits of 1×2 positions are enlarged to 1×4 labels before the loss.
    @Test func logitsAreResizedToTheLabels() throws {
        // class 0: 0, 4; class 1: 1, 1
        let logits = try Tensor.from([Float(0), 4, 1, 1], shape: [1, 2, 1, 2]).channelsLast()
        let labels = try Tensor.from([Int64(1), 1, 9, 1], shape: [1, 1, 4])
        let loss = try TinyLoss(TinyLoss.Configuration())
        let losses = try segmentationLosses(
            logits, loss: loss, Targets(labels: labels, ignoreIndex: 9),
            ForwardPass(wantsMetrics: true))
        #expect(losses.entries.map(\.name) == ["loss_tiny", "acc_seg"])
        // Class 0 is 0, 1, 3, 4 against 1: losses log(1 + e^-1), log 2, -, log(1 + e^3); the second
        // pixel's tie goes to class 0.
        #expect(
            try abs(losses.entries[0].value.item() - (0.3132617 + 0.6931472 + 3.0485874) / 3) < 1e-6
        )
        #expect(try losses.entries[1].value.item() == 25)
        #expect(
            try segmentationLosses(
                logits, loss: loss, Targets(labels: labels, ignoreIndex: 9), ForwardPass()
            ).entries.count == 1)
    }

    @Test func contexts() throws {
        let context = BuildContext(registry: try tinyRegistry(), classNames: ["a", "b"])
        let other = context.with(features: [FeatureSpec(channels: 3, stride: 8)])
        #expect(
            context.classCount == 2 && context.features.isEmpty
                && other.features.map(\.description) == ["3 channels at stride 8"]
        )
    }

    @Test func recording() throws {
        var names: [String] = []
        try ForwardPass { name, _ in names.append(name) }.record("a", Tensor.zeros([1]))
        try ForwardPass().record(
            "b",
            {
                Issue.record("nobody looks: nothing is computed"); return try Tensor.zeros([1])
            }())
        #expect(names == ["a"])
    }

    @Test func missingInputsOfParts() throws {
        let error = try ModelPartError(
            missing: "text", among: ["b": Tensor.zeros([1]), "a": Tensor.zeros([1])])
        #expect(error.description == "input 'text' is missing; given: a, b")
    }
}
