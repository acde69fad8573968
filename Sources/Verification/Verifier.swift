import DenseKit
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
    /// Throws for a case that cannot be run: an unreadable file, a model that cannot be built, an unknown procedure. A model that was
    /// built and answers otherwise, or has other names, is not an error but a comparison that does not pass.
    public func verify(_ path: String, model modelPath: String? = nil) throws -> [Comparison] {
        let golden = try GoldenCase(path: path)
        switch golden.procedure {
        case "backbone", "text", "context_decoder", "segmentor", "inference":
            return try verifyModel(golden, modelPath ?? golden.modelPath)
        case "trajectory": return try trajectory(golden)
        case "image_ops": return try imageOperations(golden)
        case "segmentation_metrics": return try segmentationMetrics(golden)
        default:
            throw GoldenCaseError(path, "has the unknown procedure_id '\(golden.procedure)'; known: \(Verifier.procedures.joined(separator: ", "))")
        }
    }

    public static let procedures = [
        "backbone", "text", "context_decoder", "segmentor", "inference", "trajectory", "image_ops", "segmentation_metrics",
    ]

    private func verifyModel(_ golden: GoldenCase, _ modelPath: String) throws -> [Comparison] {
        let file: ModelFile = try Node.load(path: modelPath).decode()
        let subject = try file.build(for: golden, try registry.loading(file.plugins))
        var comparisons = try fill(subject.module, golden)
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
            outputs = try golden.procedure == "inference" ? infer(model, inputs, golden) : run(model, inputs, golden)
        }
        return comparisons + (try compare(outputs, with: answers, golden))
    }

    /// Writes the case's parameters into the module; every name or shape that is not on both sides is a failed comparison.
    private func fill(_ module: Module, _ golden: GoldenCase) throws -> [Comparison] {
        var failures: [Comparison] = []
        var recipes: [String: GoldenCase.Entry] = [:]
        for entry in golden.parameters { recipes[entry.name] = entry }
        for entry in try module.namedTensors() {
            guard let recipe = recipes.removeValue(forKey: entry.name) else {
                failures.append(Comparison(failure: entry.name, "the model has this tensor, the reference has not"))
                continue
            }
            guard recipe.shape == entry.tensor.shape else {
                failures.append(Comparison(failure: entry.name, "shape \(entry.tensor.shape), the reference has \(recipe.shape)"))
                continue
            }
            let value = try recipe.tensor()
            try withoutGrad { _ = try entry.tensor.copyInPlace(value) }
        }
        for name in recipes.keys.sorted() where !golden.derivedBuffers.contains(name) {
            failures.append(Comparison(failure: name, "the reference has this tensor, the model has not"))
        }
        try module.weightsDidChange()
        return failures
    }

    func compare(_ outputs: [String: Tensor], with answers: [String: Tensor], _ golden: GoldenCase) throws -> [Comparison] {
        try answers.keys.sorted().map { key in
            guard let reference = answers[key] else { return Comparison(failure: key, "no answer") }
            guard let ours = outputs[key] ?? outputs[OutputName(key).name] else {
                return Comparison(failure: key, "the model gives no such output; it gives \(outputs.keys.sorted().joined(separator: ", "))")
            }
            return try Comparison(key, ours: ours, reference: reference, golden.tolerance(for: key))
        }
    }
}
