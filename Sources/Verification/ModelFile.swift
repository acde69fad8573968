import DenseKitCore

/// A model file of a golden case: a whole model, or a single component.
///
///     backbone: {type: ResNet, depth: 50}
///     part: {type: TextEncoder, layers: 3}
///     model: {backbone: …, prompter: …, neck: …, head: …}
///     configurations: {retinanet_r50: ../configs/retinanet_r50.yaml}
struct ModelFile: YAMLConfiguration {
    var plugins: [LocatedValue<String>] = []
    var backbone: ComponentNode?
    var part: ComponentNode?
    var model: ModelConfiguration?
    /// Whole configuration files, by the names that the case has for them.
    var configurations: [String: LocatedValue<String>] = [:]
}

extension ModelFile {
    /// The module that the file describes.
    enum Subject {
        case backbone(any Backbone)
        case part(any ModelPart)
        case model(DenseModel)

        var module: Module {
            switch self {
            case .backbone(let backbone): backbone
            case .part(let part): part
            case .model(let model): model
            }
        }
    }

    func build(for golden: GoldenCase, _ registry: Registry) throws -> Subject {
        let tokenIDs = try golden.tokenIDs ?? golden.rowsOfTexts()
        var context = BuildContext(registry: registry, classNames: golden.classNames)
        context.tokenIDs = tokenIDs
        context.textIsCached = golden.codebook != nil
        switch (backbone, part, model) {
        case (let node?, nil, nil): return .backbone(try registry.backbones.make(node, context))
        case (nil, let node?, nil): return .part(try registry.parts.make(node, context))
        case (nil, nil, let configuration?):
            guard tokenIDs == nil || golden.codebook == nil else {
                throw GoldenCaseError(
                    golden.path,
                    "has the text of its classes twice, as the input codebook and as token ids: give one of them"
                )
            }
            guard tokenIDs == nil || tokenIDs?.count == context.classCount else {
                throw GoldenCaseError(
                    golden.path,
                    "has \(tokenIDs?.count ?? 0) rows of token ids for \(context.classCount) classes"
                )
            }
            return .model(try DenseModel(configuration, context))
        default:
            throw GoldenCaseError(
                golden.modelPath, "a model file holds one of backbone:, part: or model:")
        }
    }
}

extension GoldenCase {
    /// The input `codebook [k, c]`: the text embeddings of the classes, in place of a text encoder
    /// and token ids.
    var codebook: Entry? { inputs.first { $0.name == "codebook" } }

    /// The class names as token ids where they are an input, `texts` or `tokens` `[k, length]`.
    fileprivate func rowsOfTexts() throws -> [[Int]]? {
        guard let texts = inputs.first(where: { ["texts", "tokens"].contains($0.name) }),
            texts.isInteger, texts.shape.count == 2
        else { return nil }
        let ids = try texts.integers().map { Int($0) }
        let length = texts.shape[1]
        return (0..<texts.shape[0]).map { Array(ids[$0 * length..<($0 + 1) * length]) }
    }

    /// The names of the classes; where the case has none, as many made-up ones as its token ids or
    /// its classifier need.
    var classNames: [String] {
        let config = json["config"]
        for place in [json, config, config?["model"]] {
            if let names = place?["class_names"]?.array?.compactMap(\.string), !names.isEmpty {
                return names
            }
        }
        let classifier = parameters.first { $0.name.hasSuffix("decode_head.conv_seg.weight") }
        let heads = [
            config?["decode_head"], config?["model"]?["bbox_head"],
            config?["model"]?["roi_head"]?["bbox_head"],
        ]
        let count =
            tokenIDs?.count ?? codebook?.shape.first ?? classifier?.shape.first ?? heads.lazy
            .compactMap {
                $0?["num_classes"]?.integer
            }.first ?? 0
        return (0..<min(max(count, 0), Int(UInt16.max))).map { "class \($0)" }
    }
}
