import DenseKitCore
import Foundation

/// Runs golden cases: builds the model that a model file describes, fills it by name, runs it, and compares every output.
public struct Verifier {
    let registry: Registry
    let device: Device

    public init(registry: Registry, device: Device = .cpu) {
        self.registry = registry
        self.device = device
    }

    /// Runs the case at `path` against the model file at `modelPath` (left out: the one beside the case).
    ///
    /// Throws for a case that cannot be run: an unreadable file, a model that cannot be built, an unknown procedure, nothing to compare.
    /// A model that was built and answers otherwise, or has other names, is not an error but a comparison that does not pass.
    ///
    /// - Returns: at least one comparison
    public func verify(_ path: String, model modelPath: String? = nil) throws -> [Comparison] {
        let golden = try GoldenCase(path: path)
        let comparisons: [Comparison]
        switch golden.procedure {
        case "backbone", "text", "context_decoder", "segmentor", "inference", "detector":
            comparisons = try verifyModel(golden, try modelFile(golden, modelPath ?? golden.modelPath))
        case "trajectory": comparisons = try trajectory(golden)
        case "image_ops": comparisons = try imageOperations(golden)
        case "segmentation_metrics": comparisons = try segmentationMetrics(golden)
        case "ops": comparisons = try detectionOperations(golden)
        case "rle": comparisons = try RunLengthVectors(golden).comparisons()
        case "coco_eval": comparisons = try COCOScoring(golden).comparisons()
        case "pipeline": comparisons = try DetectionPipeline(golden, registry).comparisons()
        case "icpc_prompt": comparisons = try instancePrompts(golden)
        case "icpc_alignment": comparisons = try multiScaleAlignment(golden)
        case "icpc_contrastive": comparisons = try contrastiveLoss(golden)
        case "clip_sp_segmentor": comparisons = try sceneParsing(golden, modelPath)
        case "clip_sp_multilabel": comparisons = try multilabelDecoder(golden)
        case "clip_sp_scene_refinement": comparisons = try sceneRefinement(golden)
        case "clip_sp_targets": comparisons = try sceneTargets(golden)
        case "asymmetric_loss": comparisons = try asymmetricLoss(golden)
        case "tokenizer": comparisons = try TokenizerTexts(golden, registry).comparisons()
        default:
            let known = Verifier.procedures.joined(separator: ", ")
            throw GoldenCaseError(path, "has the unknown procedure_id '\(golden.procedure)'; known: \(known)")
        }
        guard !comparisons.isEmpty else { throw GoldenCaseError(path, "compares nothing: it has no answers") }
        return comparisons + golden.unusedTolerances(comparisons)
    }

    public static let procedures = [
        "backbone", "text", "context_decoder", "segmentor", "inference", "detector", "trajectory", "image_ops",
        "segmentation_metrics", "ops", "tokenizer", "rle", "coco_eval", "pipeline", "icpc_prompt", "icpc_alignment",
        "icpc_contrastive", "clip_sp_segmentor", "clip_sp_multilabel", "clip_sp_scene_refinement", "clip_sp_targets",
        "asymmetric_loss",
    ]

    /// The file at `path`; where none stands beside the case, what the case says itself.
    private func modelFile(_ golden: GoldenCase, _ path: String) throws -> ModelFile {
        if path == golden.modelPath, !FileManager.default.fileExists(atPath: path), let described = try golden.icpcModel() {
            return described
        }
        guard path != golden.modelPath || FileManager.default.fileExists(atPath: path) else {
            throw GoldenCaseError(
                golden.path,
                "needs a model file, which says what its model is in the words of our configurations (docs/verify.md): write "
                    + "\(path), or name one with \(Term.caseModel)")
        }
        let model = try YAMLNode.load(path: path)
        if golden.procedure == "detector" { try DetectorSettings.check(golden, model: model) }
        let unsaid = DetectorSettings(golden, model: model).assignments
        return try YAMLNode.load(path: path, overrides: unsaid).decode()
    }

    /// Runs the model of `file` as the case says: a backbone, a part, or a whole model at inference or for a step of training.
    func verifyModel(_ golden: GoldenCase, _ file: ModelFile) throws -> [Comparison] {
        let subject = try file.build(for: golden, try registry.loading(file.plugins))
        var given: [String: GoldenCase.Entry] = [:]
        if case .model = subject {
            try golden.checkModelSettings()
            given["text_embeddings"] = golden.codebook
        }
        var comparisons = try fill(subject.module, golden, given: given)
        try subject.module.move(to: device)
        try subject.module.setTraining(golden.mode == "train")
        let answers = try TensorFile.load(golden.answersPath).tensors
        let inputs = try Dictionary(uniqueKeysWithValues: golden.inputs.map { ($0.name, try $0.tensor().to(device)) })
        let outputs: [String: Tensor]
        switch (subject, golden.mode) {
        case (.backbone(let backbone), _): outputs = try run(backbone, inputs, golden)
        case (.part(let part), _): outputs = try withoutGrad { try part.run(inputs) }
        case (.model(let model), "train"): outputs = try trainingStep(model, inputs, golden, &comparisons)
        case (.model(let model), _):
            switch golden.procedure {
            case "inference": outputs = try infer(model, inputs, golden)
            case "detector": outputs = try detect(model, inputs, answers, golden, &comparisons)
            default: outputs = try run(model, inputs, golden)
            }
        }
        let exactIntegers = golden.procedure == "detector"
        return comparisons + (try compare(outputs, with: answers, golden, exactIntegers: exactIntegers))
    }
}
