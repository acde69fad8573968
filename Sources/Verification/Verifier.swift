import DenseKitCore
import Foundation

/// Runs golden cases: builds the model that a model file describes, sets its parameters by name,
/// runs it, and compares every output.
public struct Verifier {
    /// The components that models are built from.
    public let registry: Registry
    /// The device that models compute on.
    public let device: Device
    let procedures: Procedures

    /// A verifier with DenseKit's own procedures and those of `plugins`.
    ///
    /// - Throws: `ProcedureError` where two plugins register the same name.
    public init(registry: Registry, plugins: [any VerificationPlugin] = [], device: Device = .cpu)
        throws
    {
        self.registry = registry
        self.device = device
        procedures = try Procedures(plugins)
    }

    /// Runs the case at `path`.
    ///
    /// A model that was built but has other outputs or parameter names is not an error: its
    /// comparisons do not pass.
    ///
    /// - Parameters:
    ///   - path: of the case's file
    ///   - modelPath: of the model file; nil for the one beside the case
    /// - Returns: at least one comparison
    /// - Throws: an error for a case that cannot be run: `GoldenCaseError` for an unreadable file,
    ///   an unknown procedure or a case without outputs, `BuildError` for a model that cannot be
    ///   built.
    public func verify(_ path: String, model modelPath: String? = nil) throws -> [Comparison] {
        let golden = try GoldenCase(path: path)
        guard let run = procedures[golden.procedure] else {
            let known = procedures.names.joined(separator: ", ")
            throw GoldenCaseError(
                path, "has the unknown procedure_id '\(golden.procedure)'; known: \(known)")
        }
        let comparisons = try run(self, golden, modelPath)
        guard !comparisons.isEmpty else {
            throw GoldenCaseError(path, "compares nothing: it has no expected outputs")
        }
        return comparisons + golden.unusedTolerances(comparisons)
    }

    /// The file at `named`, else the one beside the case; where there is none, what the case
    /// defines itself.
    private func modelFile(
        _ golden: GoldenCase, _ named: String?,
        _ described: ((GoldenCase) throws -> [String: GoldenJSON])?
    ) throws -> ModelFile {
        let path = named ?? golden.modelPath
        if path == golden.modelPath, !FileManager.default.fileExists(atPath: path), let described {
            return try YAMLNode(encoding: ["model": GoldenJSON.object(described(golden))]).decode()
        }
        guard path != golden.modelPath || FileManager.default.fileExists(atPath: path) else {
            throw GoldenCaseError(
                golden.path,
                "needs a model file, which says what its model is in the terms of our configurations (docs/verify.md): write "
                    + "\(path), or name one with \(Term.caseModel)")
        }
        let model = try YAMLNode.load(path: path)
        if golden.procedure == "detector" { try DetectorSettings.check(golden, model: model) }
        let unsaid = DetectorSettings(golden, model: model).assignments
        return try YAMLNode.load(path: path, overrides: unsaid).decode()
    }

    /// Runs the model of a case: a backbone, a part, or a whole model at inference or for a
    /// training step.
    ///
    /// - Parameters:
    ///   - golden: the case
    ///   - path: of the model file; nil for the one beside the case
    ///   - described: the model of a case that has no model file
    /// - Throws: `GoldenCaseError` for a case without model, or with settings that are not known.
    public func verifyModel(
        _ golden: GoldenCase, _ path: String?,
        described: ((GoldenCase) throws -> [String: GoldenJSON])? = nil
    ) throws -> [Comparison] {
        try verifyModel(golden, modelFile(golden, path, described ?? procedures.model(of: golden)))
    }

    private func verifyModel(_ golden: GoldenCase, _ file: ModelFile) throws -> [Comparison] {
        let subject = try file.build(for: golden, registry.loading(file.plugins))
        var given: [String: GoldenCase.Entry] = [:]
        if case .model = subject {
            try golden.checkModelSettings(drawn: procedures.drawnInputs)
            given["text_embeddings"] = golden.codebook
        }
        var comparisons = try fill(subject.module, golden, given: given)
        try subject.module.move(to: device)
        try subject.module.setTraining(golden.mode == "train")
        let answers = try TensorFile.load(golden.expectedOutputsPath).tensors
        let inputs = try Dictionary(
            uniqueKeysWithValues: golden.inputs.map { ($0.name, try $0.tensor().to(device)) })
        let outputs: [String: Tensor]
        switch (subject, golden.mode) {
        case (.backbone(let backbone), _): outputs = try run(backbone, inputs, golden)
        case (.part(let part), _): outputs = try withoutGrad { try part.run(inputs) }
        case (.model(let model), "train"):
            outputs = try trainingStep(model, inputs, golden, &comparisons)
        case (.model(let model), _):
            switch golden.procedure {
            case "inference": outputs = try infer(model, inputs, golden)
            case "detector": outputs = try detect(model, inputs, answers, golden, &comparisons)
            default: outputs = try run(model, inputs, golden)
            }
        }
        let exactIntegers = golden.procedure == "detector"
        return comparisons
            + (try compare(outputs, with: answers, golden, exactIntegers: exactIntegers))
    }
}
