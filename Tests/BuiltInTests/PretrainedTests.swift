import DenseKitBuiltIn
import DenseKitCore
import PublishedWeights
import Testing

/// A model of `classes` classes, whose names need no vocabulary.
private func model(_ yaml: String, classes: Int = 150) throws -> (DenseModel, ModelConfiguration) {
    let configuration = try ModelConfiguration.decode(yaml: yaml, file: "a.yaml")
    let names = (0..<classes).map { "class \($0)" }
    let tokens = (0..<classes).map { [49406, $0 + 1, 49407, 0, 0] }
    var context = BuildContext(registry: try Registry(BuiltIn.plugins), classNames: names)
    context.tokenIDs = tokens
    return (try DenseModel(configuration, context), configuration)
}

private let denseCLIP = """
    backbone: { type: CLIPResNet, depth: 50 }
    prompter: { type: DenseCLIP, num_contexts: 8 }
    neck: { type: FPN, channels: 256 }
    head: { type: SemanticFPN, channels: 256 }
    """

private let semanticFPN = """
    backbone: { type: ResNet, depth: 50, stem: v1c }
    neck: { type: FPN, channels: 256 }
    head: { type: SemanticFPN, channels: 128 }
    """

@Suite("Weights of other projects, in whole models", .serialized) struct PretrainedModelTests {
    @Test("DenseCLIP's checkpoint is this model's, name by name; CLIP's is a part of it")
    func whole() throws {
        let (model, _) = try model(denseCLIP)
        let released = try PublishedWeights.load("denseclip_r50_fpn")
        #expect(
            "\(try model.loadPretrained(released, source: "W"))"
                == "model tensors: filled 624, not filled 0, other shape 0; file tensors: used 624, not needed 0, without place 0"
        )
        #expect(try model.loadPretrained(released, atLeast: 1, source: "denseclip").isComplete)
        #expect(try model.load(released).isComplete)

        let clip = try model.loadPretrained(
            PublishedWeights.load("openai_clip_rn50"), source: "RN50.pt")
        let lines = "\(clip)".split(separator: "\n").map(String.init)
        #expect(
            lines[0]
                == "model tensors: filled 488, not filled 129, other shape 0, resized 2; file tensors: used 488, not needed 4, "
                + "without place 0 (read as OpenAI CLIP)")
        #expect(
            lines[1].hasPrefix(
                "  not filled: context_decoder.memory_proj.*.weight (3), context_decoder.memory_proj.*.bias (3), "
            )
                && lines[1].hasSuffix(", and 107 more"))
        #expect(
            lines[2]
                == "  resized: backbone.attnpool.positional_embedding (model [257, 2048], file [50, 2048]), "
                + "text_encoder.positional_embedding (model [13, 512], file [77, 512])")
        let parts = Set(clip.missing.map { String($0.prefix { $0 != "." }) })
        #expect(parts == ["contexts", "gamma", "context_decoder", "neck", "decode_head"])
        let other = try PublishedWeights.load("openai_clip_rn101")
        #expect(throws: LoadError.self) { try model.loadPretrained(other, source: "RN101.pt") }
    }

    @Test("Another class list: refused with the names to initialize again, and loaded with them")
    func classes() throws {
        let (model, _) = try model(denseCLIP, classes: 6)
        let released = try PublishedWeights.load("denseclip_r50_fpn")
        let error = try #require(throws: LoadError.self) {
            try model.loadPretrained(released, source: "best.pth")
        }
        #expect(
            error.description == """
                best.pth: does not fit the model: model tensors: filled 621, not filled 0, other shape 3; file tensors: used 621, not needed 0, without place 0
                  other shape: neck.lateral_convs.3.conv.weight (model [256, 2054, 1, 1], file [256, 2198, 1, 1]), \
                decode_head.conv_seg.weight (model [6, 256, 1, 1], file [150, 256, 1, 1]), decode_head.conv_seg.bias (model [6], file [150])
                Tensors of other shapes belong to another class list or another size: use the config they were trained with, or initialize them \
                again with `weights: {file: …, reinitialize: [decode_head.conv_seg, neck.lateral_convs.3.conv]}`
                """)
        let anew = ["decode_head.conv_seg", "neck.lateral_convs.3.conv"]
        let before = try model.namedTensors().filter { $0.name.hasPrefix(anew[0]) }.map {
            try $0.tensor.detached().floats()
        }
        let report = try model.loadPretrained(released, reinitialize: anew, source: "best.pth")
        #expect(
            "\(report)" == """
                model tensors: filled 620, not filled 0, other shape 0, reinitialised 4; file tensors: used 620, not needed 0, without place 0
                  reinitialised: neck.lateral_convs.3.conv.weight, neck.lateral_convs.3.conv.bias, decode_head.conv_seg.weight, \
                decode_head.conv_seg.bias
                """)
        let after = try model.namedTensors().filter { $0.name.hasPrefix(anew[0]) }.map {
            try $0.tensor.detached().floats()
        }
        #expect(before == after)
    }

    @Test(
        "mmsegmentation's models, 0.x and 1.x, and backbones alone",
        arguments: [
            (
                "mmseg_0x_fpn_r50",
                "model tensors: filled 390, not filled 0, other shape 0; file tensors: used 390, not needed 0, without place 0",
                390
            ),
            (
                "mmseg_1x_fpn_r50",
                "model tensors: filled 390, not filled 0, other shape 0; file tensors: used 390, not needed 8, without place 0 (read as a whole model)",
                390
            ),
            (
                "timm_resnet50c",
                "model tensors: filled 330, not filled 53, other shape 0; file tensors: used 330, not needed 2, without place 0 (read as timm ResNet-C)",
                330
            ),
        ])
    func openMMLab(list: String, report: String, count: Int) throws {
        let (model, _) = try model(semanticFPN)
        let tensors = try PublishedWeights.load(list)
        let found = try model.loadPretrained(tensors, source: list)
        #expect("\(found)".split(separator: "\n").first.map(String.init) == report)
        // What is asked to be whole is refused where it is a part.
        if count < 390 {
            #expect(throws: LoadError.self) {
                try model.loadPretrained(tensors, atLeast: 1, source: list)
            }
        }
    }

    @Test(
        "DenseCLIP on an ImageNet ResNet: the text encoder alone from a CLIP of another image encoder"
    )
    func separate() throws {
        let (model, _) = try model(
            """
            backbone: { type: ResNet, depth: 50, stem: v1c }
            prompter: { type: DenseCLIP, attention_pool: { output_dim: 512 } }
            head: { type: SemanticFPN }
            """)
        // CLIP RN101's text encoder has the shapes of ViT-B/16's.
        let clip = try PublishedWeights.load("openai_clip_rn101")
        let report = try #require(model.prompter).loadPretrained(clip, source: "ViT-B-16.pt")
        #expect(report.matched.count == 149 && report.ignored == 649 && report.unexpected.isEmpty)
        #expect(report.missing.allSatisfy { !$0.hasPrefix("text_encoder") } && report.share == 1)
        // The same by the whole model, whose backbone has no such format, although CLIP's ResNet
        // has names like its own.
        #expect(try model.loadPretrained(clip, source: "ViT-B-16.pt").matched.count == 149)
        // And the text encoder of a trained DenseCLIP, whose other parts have other sizes.
        let trained = try PublishedWeights.load("denseclip_r50_fpn")
        #expect(throws: LoadError.self) {
            try model.prompter?.loadPretrained(trained, source: "denseclip.pth")
        }
    }

    @Test("An auxiliary head that the model has is read")
    func auxiliary() throws {
        let (model, _) = try model(
            semanticFPN + "\nauxiliary_heads: [{ type: SemanticFPN, channels: 8 }]")
        let tensors = try PublishedWeights.load("mmseg_1x_fpn_r50")
        // Here it is another kind of head: its classifier has the same name and other channels.
        let error = try #require(throws: LoadError.self) {
            try model.loadPretrained(tensors, source: "W")
        }
        #expect(error.report.mismatched.map(\.name) == ["auxiliary_head.conv_seg.weight"])
    }

    @Test("weights of the model and of its parts, from files, in order")
    func parts() throws {
        let file = PublishedWeights.path("tiny_clip.pt")
        let tiny = """
            backbone: { type: CLIPResNet, layers: [1, 1, 1, 1], width: 2, input_resolution: 128, output_dim: 32, weights: '\(file)' }
            prompter:
              type: DenseCLIP
              num_contexts: 4
              text_encoder: { width: 16, heads: 2, layers: 2, vocabulary_size: 64 }
              context_decoder: { width: 16, heads: 2, layers: 1 }
              weights: { file: '\(file)' }
            neck: { type: FPN, channels: 8 }
            head: { type: SemanticFPN, channels: 8 }
            """
        let configuration = try ModelConfiguration.decode(yaml: tiny, file: "a.yaml")
        var context = BuildContext(registry: try Registry(BuiltIn.plugins), classNames: ["a", "b"])
        context.tokenIDs = [[62, 1, 63], [62, 2, 63]]
        let model = try DenseModel(configuration, context)
        let reports = try model.loadPretrained(configuration)
        #expect(reports.map(\.file) == [file, file])
        #expect(reports.map(\.report.format) == ["OpenAI CLIP", "OpenAI CLIP"])
        #expect(
            reports[0].report.missing.isEmpty && reports[0].report.unexpected.isEmpty
                && reports[0].report.resized.count == 1)
        #expect(
            reports[1].report.unexpected.isEmpty
                && reports[1].report.resized.map(\.name) == ["text_encoder.positional_embedding"]
        )
        #expect(reports[1].report.missing.allSatisfy { !$0.hasPrefix("text_encoder.") })
        // The whole model from the same file: the same tensors.
        let whole = try DenseModel(configuration, context)
        let report = try whole.loadPretrained(WeightsFile.load(file).tensors, source: file)
        #expect(
            report.matched.count == reports[0].report.matched.count
                + reports[1].report.matched.count)
    }

    @Test("Less than nine tenths of what a file speaks of is refused, unless less is asked for")
    func share() throws {
        let (model, _) = try model(semanticFPN)
        let some = try PublishedWeights.load("mmseg_0x_fpn_r50").filter {
            !$0.key.contains("layer3")
        }
        let error = try #require(throws: LoadError.self) {
            try model.loadPretrained(some, source: "W")
        }
        #expect(
            error.description.hasSuffix(
                "say `weights: {file: …, reinitialize: [backbone.layer3]}`"), "\(error)")
        let heads = try PublishedWeights.load("mmseg_0x_fpn_r50").filter {
            !$0.key.contains("scale_heads")
        }
        let less = try #require(throws: LoadError.self) {
            try model.head.loadPretrained(heads, prefix: "decode_head", source: "W")
        }
        #expect(
            less.description.contains(
                " % of the tensors are there, 90 % are expected: these may be the weights of another model; if not, say"
            ),
            "\(less)")
        #expect(try model.loadPretrained(some, atLeast: 0.74, source: "W").share < 0.9)
    }

    @Test("A model of Swin's own segmentors: the backbone by its names, the rest by this project's")
    func swinSegmentor() throws {
        let (model, _) = try model(
            """
            backbone: { type: Swin, variant: tiny }
            head: { type: UPerNet, channels: 512 }
            """)
        let theirs = try PublishedWeights.load("microsoft_swin_tiny").filter {
            !$0.key.hasPrefix("head.") && !$0.key.hasPrefix("norm.")
        }
        var file = try PublishedWeights.load("mmseg_1x_upernet_swin_t").filter {
            !$0.key.hasPrefix("backbone.") || $0.key.hasPrefix("backbone.norm")
        }
        for (key, value) in theirs { file["backbone." + key] = value }
        let report = try model.loadPretrained(file, source: "upernet_swin_tiny.pth")
        #expect(report.missing.isEmpty && report.unplaced.isEmpty, "\(report)")
        #expect(report.format == "a whole model whose backbone is named by Swin Transformer")
        // Wrapped, as a trainer stores it.
        let wrapped = Dictionary(
            uniqueKeysWithValues: file.map { ("module.model." + $0.key, $0.value) })
        #expect(
            try model.loadPretrained(wrapped, source: "W").matched.count == report.matched.count)
    }

    @Test("Parts that a model lacks as a whole refuse nothing")
    func otherParts() throws {
        let (plain, _) = try model(
            """
            backbone: { type: CLIPResNet, depth: 50 }
            head: { type: SemanticFPN, channels: 256 }
            """)
        let file = try PublishedWeights.load("denseclip_r50_fpn").filter {
            !$0.key.hasPrefix("decode_head")
        }
        let report = try plain.loadPretrained(file, source: "denseclip.pth")
        #expect(
            report.matched.count == 339 && report.unplaced.isEmpty && !report.unexpected.isEmpty)
    }
}
