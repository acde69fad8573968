import DenseKitCore

/// Adds procedures, models and random numbers for golden cases of a method, beside the `Plugin`
/// with its components.
///
/// It belongs in a target of its own, so that a program that only trains and predicts does not
/// contain it. `densekit verify` uses the plugins that its executable lists.
public protocol VerificationPlugin: Sendable {
    /// Registers the procedures, models and random numbers that the plugin's cases name.
    func register(in procedures: inout Procedures)
}

/// What golden cases may name: DenseKit's own procedures, and what plugins register.
public struct Procedures: Sendable {
    /// Runs a case, given the verifier, the case and the path of a model file, nil where none was
    /// named; returns the comparisons.
    public typealias Run = @Sendable (Verifier, GoldenCase, String?) throws -> [Comparison]
    /// The model of a case in DenseKit's configuration: the keys and values below `model:`.
    public typealias Describe = @Sendable (GoldenCase) throws -> [String: GoldenJSON]
    /// Makes the random numbers, by the names that the model asks for, from the case's inputs in
    /// the order in which they were registered.
    public typealias Draw = @Sendable ([Tensor]) throws -> [String: Tensor]

    /// In the order of registration.
    private(set) var names: [String] = []
    private var runs: [String: Run] = [:]
    private var models: [String: Describe] = [:]
    private var draws: [(inputs: [String], draw: Draw)] = []
    private var owners: [String: String] = [:]
    private var owner = ""
    private var conflict: String?

    /// - Throws: `ProcedureError` where two plugins bring one name.
    init(_ plugins: [any VerificationPlugin]) throws {
        for plugin in [CoreProcedures()] + plugins {
            owner = "\(type(of: plugin))"
            plugin.register(in: &self)
        }
        if let conflict { throw ProcedureError(problem: conflict) }
    }

    /// Registers a procedure for cases whose `procedure_id` is `name`.
    public mutating func register(_ name: String, _ run: @escaping Run) {
        claim("procedure '\(name)'")
        names.append(name)
        runs[name] = run
    }

    /// Registers a model that needs no model file, for cases whose `config.type` is `type`.
    public mutating func registerModel(_ type: String, _ describe: @escaping Describe) {
        claim("model '\(type)'")
        models[type] = describe
    }

    /// Registers inputs that replace the random numbers of a model in training. They are used where
    /// a case has all of them.
    public mutating func registerDraws(_ inputs: String..., by draw: @escaping Draw) {
        for input in inputs { claim("input '\(input)'") }
        draws.append((inputs, draw))
    }

    private mutating func claim(_ name: String) {
        if let other = owners[name] {
            conflict =
                conflict
                ?? "\(name) is registered by both \(other) and \(owner): rename one of them"
        }
        owners[name] = owner
    }

    /// How the procedure `name` is run; nil for an unknown one.
    subscript(name: String) -> Run? { runs[name] }

    /// How the case's model is described; nil where its `config` names no known one.
    func model(of golden: GoldenCase) -> Describe? {
        golden.json["config"]?["type"]?.string.flatMap { models[$0] }
    }

    /// The inputs that prescribe random numbers.
    var drawnInputs: [String] { draws.flatMap(\.inputs) }

    /// The random numbers that `inputs` prescribe, by name; nil where they prescribe none.
    func draws(_ inputs: [String: Tensor]) throws -> [String: Tensor]? {
        for (names, draw) in draws {
            let given = names.compactMap { inputs[$0] }
            if given.count == names.count { return try draw(given) }
        }
        return nil
    }
}

/// Two verification plugins that register the same procedure, model or input.
public struct ProcedureError: DenseKitError {
    public let problem: String
    public var origin: ErrorOrigin { .program }
}

/// The procedures that know no method.
private struct CoreProcedures: VerificationPlugin {
    func register(in procedures: inout Procedures) {
        for name in ["backbone", "text", "context_decoder", "segmentor", "inference", "detector"] {
            procedures.register(name) { verifier, golden, model in
                try verifier.verifyModel(golden, model)
            }
        }
        procedures.register("trajectory") { verifier, golden, _ in
            try Trajectory(golden, verifier.registry, verifier.device).comparisons()
        }
        procedures.register("image_ops") { _, golden, _ in try ImageOperations(golden).comparisons()
        }
        procedures.register("segmentation_metrics") { _, golden, _ in
            try SegmentationMetrics(golden).comparisons()
        }
        procedures.register("ops") { verifier, golden, _ in try verifier.detectionOperations(golden)
        }
        procedures.register("tokenizer") { verifier, golden, _ in
            try TokenizerTexts(golden, verifier.registry).comparisons()
        }
        procedures.register("rle") { _, golden, _ in try RunLengthVectors(golden).comparisons() }
        procedures.register("coco_eval") { _, golden, _ in try COCOScoring(golden).comparisons() }
        procedures.register("pipeline") { verifier, golden, _ in
            try DetectionPipeline(golden, verifier.registry).comparisons()
        }
        procedures.register("asymmetric_loss") { verifier, golden, _ in
            try verifier.asymmetricLoss(golden)
        }
    }
}
