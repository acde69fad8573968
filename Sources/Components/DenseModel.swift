import DenseKitVision

/// The parts of a model: the `model:` section of a configuration.
public struct ModelConfiguration: YAMLConfiguration {
    /// The backbone; required: building a model without it throws `ModelConfigurationError`.
    public var backbone: ComponentNode?
    /// The prompter; nil for a model without language.
    public var prompter: ComponentNode?
    /// The neck; nil where the head reads the maps of the backbone or the prompter directly.
    public var neck: ComponentNode?
    /// The head; required: building a model without it throws `ModelConfigurationError`.
    public var head: ComponentNode?
    /// Further heads, for training only: on the maps of the neck, or without one on the backbone's
    /// own maps.
    public var auxiliaryHeads: [ComponentNode] = []
    /// Checkpoint-key prefixes of the parameters that are not trained, such as `backbone.layer1`.
    public var freeze: [LocatedValue<String>] = []
    /// Initial weights of the whole model, loaded before those that each part names for itself; nil
    /// for none.
    public var weights: WeightsSetting?

    /// A model without parts; `head` has to be set.
    public init() {}
}

/// Backbone → (prompter) → (neck) → head: one composition for every task.
///
/// Checkpoint keys are those of the reference implementations: `backbone.*`, `neck.*`,
/// `decode_head.*`, `auxiliary_head.*` (with an index where there are several); a prompter's parts
/// have no prefix (`text_encoder.*`, `contexts`, …).
public final class DenseModel: Module {
    /// The backbone: images `[n, 3, h, w]` → a pyramid of feature maps.
    public let backbone: any Backbone
    /// The prompter between backbone and neck; nil for a model without language.
    public let prompter: (any Prompter)?
    /// The neck; nil where the head reads the maps of the backbone or the prompter directly.
    public let neck: (any Neck)?
    /// The head, which gives the model's predictions and its main losses.
    public let head: any Head
    private let onlyAuxiliaryHead: (any Head)?
    private let severalAuxiliaryHeads: [any Head]
    /// The names of the classes, in the order of their indices.
    public let classNames: [String]

    /// The heads that are used in training only, in the order of the configuration; empty where
    /// there are none.
    public var auxiliaryHeads: [any Head] {
        onlyAuxiliaryHead.map { [$0] } ?? severalAuxiliaryHeads
    }

    override public var keys: [String: String] {
        [
            "prompter": "", "head": head.checkpointKey, "onlyAuxiliaryHead": "auxiliary_head",
            "severalAuxiliaryHeads": "auxiliary_head",
        ]
    }

    /// Builds the parts in order, each from the declared outputs of the parts before it, and
    /// freezes the parameters that `freeze` names.
    ///
    /// - Throws: `ModelConfigurationError` where backbone or head is missing, `ConfigurationError`
    ///   for unknown components, settings that do not fit and prefixes of `freeze` that match no
    ///   parameter, `BuildError` for what a part's initialiser throws.
    public init(_ configuration: ModelConfiguration, _ context: BuildContext) throws {
        let registry = context.registry
        guard let backboneNode = configuration.backbone else {
            throw ModelConfigurationError.missing("backbone")
        }
        guard let headNode = configuration.head else {
            throw ModelConfigurationError.missing("head")
        }
        var context = context
        backbone = try registry.backbones.make(backboneNode, context)
        context.features = backbone.outputs
        context.language = backbone.language
        let prompter = try configuration.prompter.map { try registry.prompters.make($0, context) }
        context.features = prompter?.outputs ?? context.features
        let neck = try configuration.neck.map { try registry.necks.make($0, context) }
        context.features = neck?.outputs ?? context.features
        head = try registry.heads.make(headNode, context)
        let seen = context.with(features: neck?.outputs ?? backbone.outputs)
        let auxiliaryHeads = try configuration.auxiliaryHeads.map {
            try registry.heads.make($0, seen)
        }
        onlyAuxiliaryHead = auxiliaryHeads.count == 1 ? auxiliaryHeads[0] : nil
        severalAuxiliaryHeads = auxiliaryHeads.count == 1 ? [] : auxiliaryHeads
        self.prompter = prompter
        self.neck = neck
        classNames = context.classNames
        super.init()
        try assignNames()
        // Without its text encoder a model is not trained, and lacks parts that `freeze` may name.
        if !context.textIsCached { try freeze(configuration.freeze) }
    }

    /// The losses of a batch: those of the head, the prompter and the auxiliary heads (`aux`, or
    /// `aux_0`, `aux_1`, …, before their names).
    ///
    /// - Parameters:
    ///   - images: normalised, `[n, 3, h, w]`
    ///   - targets: of the same images
    ///   - step: the state of the pass
    /// - Throws: `FeatureError` where a part returns other channels than it declares, and what the
    ///   parts throw.
    public func losses(_ images: Tensor, _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        step.targets = targets
        let (features, prompted) = try seen(images, step)
        let (maps, auxiliary) = try levels(features, prompted)
        var losses = Losses()
        losses.add(try head.losses(maps, targets, step), prefix: head.logPrefix)
        if let prompter, let prompted { losses.add(try prompter.losses(prompted, targets, step)) }
        for (name, head) in namedAuxiliaryHeads {
            losses.add(try head.losses(auxiliary, targets, step), prefix: name)
        }
        return losses
    }

    /// The predictions of the head, or of the prompter where it predicts by itself
    /// (`PrompterOutput.predictions`).
    ///
    /// - Parameters:
    ///   - images: normalised, `[n, 3, h, w]`
    ///   - step: the state of the pass
    /// - Throws: `FeatureError` where a part returns other channels than it declares, and what the
    ///   parts throw.
    public func predictions(_ images: Tensor, _ step: ForwardPass = ForwardPass()) throws
        -> any Predictions
    {
        let (features, prompted) = try seen(images, step)
        if let predictions = prompted?.predictions { return predictions }
        let (maps, auxiliary) = try levels(features, prompted)
        for (index, map) in maps.enumerated() { try step.record("neck_\(index)", map) }
        for case (let name, let head as any SegmentationHead) in namedAuxiliaryHeads {
            // only when it is observed
            try step.record("\(name)_logits", head.classify(head.embedding(auxiliary)))
        }
        return try OperationCounter.scope(head.checkpointKey) { try head.predictions(maps, step) }
    }

    /// Runs the layers alone, where the head is a `CountableHead`: for counting operations on
    /// images that have a shape and no memory.
    ///
    /// - Returns: false where the head is no `CountableHead`; then nothing ran
    public func forwardShapes(_ images: Tensor) throws -> Bool {
        guard let head = head as? any CountableHead else { return false }
        let step = ForwardPass()
        let (features, prompted) = try seen(images, step)
        let maps = try levels(features, prompted).maps
        try OperationCounter.scope(head.checkpointKey) { try head.forwardShapes(maps, step) }
        return true
    }

    /// Whether one of the model's losses divides by the number of labelled pixels.
    public var averagesLabelled: Bool {
        get throws {
            try namedModules().contains { ($0.module as? any Loss)?.averagesLabelled ?? false }
        }
    }

    /// The auxiliary heads by the names that mmsegmentation logs them under.
    private var namedAuxiliaryHeads: [(name: String, head: any Head)] {
        auxiliaryHeads.enumerated().map { (auxiliaryHeads.count == 1 ? "aux" : "aux_\($0)", $1) }
    }

    /// The backbone's input, and the prompter's output.
    private func seen(_ images: Tensor, _ step: ForwardPass) throws -> (
        features: Features, prompted: PrompterOutput?
    ) {
        if step.images.isEmpty, images.rank == 4 {
            let size = Size2D(height: images.size(2), width: images.size(3))
            step.images = [ImageGeometry](repeating: ImageGeometry(size), count: images.size(0))
        }
        let features = try OperationCounter.scope("backbone") { try backbone(images) }
        try check(features.maps, backbone.outputs, "backbone", backbone)
        for (index, map) in features.maps.enumerated() { try step.record("stage\(index + 1)", map) }
        let prompted = try OperationCounter.scope("(prompter)") { try prompter?(features, step) }
        step.prompted = prompted
        if let prompter, let prompted {
            try check(prompted.maps, prompter.outputs, "prompter", prompter)
        }
        return (features, prompted)
    }

    /// The inputs of the head and of auxiliary heads: the same behind a neck; without one the
    /// backbone's maps as they are, before a prompter joins its score map to them. (Released code
    /// of Rao et al., CVPR 2022)
    private func levels(_ features: Features, _ prompted: PrompterOutput?) throws -> (
        maps: [Tensor], auxiliary: [Tensor]
    ) {
        let pyramid = prompted?.maps ?? features.maps
        guard let neck else { return (pyramid, features.maps) }
        let maps = try OperationCounter.scope("neck") { try neck(pyramid) }
        try check(maps, neck.outputs, "neck", neck)
        return (maps, maps)
    }

    /// Parts downstream were built for what a part declares.
    private func check(_ maps: [Tensor], _ declared: [FeatureSpec], _ kind: String, _ part: Module)
        throws
    {
        let channels = maps.map { $0.size(1) }
        guard channels != declared.map(\.channels) else { return }
        throw FeatureError(
            problem:
                "the \(kind) \(type(of: part)) returned maps of \(channels) channels; its outputs declare "
                + "\(declared.map(\.channels))")
    }

    private func freeze(_ prefixes: [LocatedValue<String>]) throws {
        let parameters = try namedParameters()
        for located in prefixes {
            let prefix = located.value
            let chosen = parameters.filter { $0.name == prefix || $0.name.hasPrefix(prefix + ".") }
            guard !chosen.isEmpty else {
                throw ConfigurationError(unknownPrefix: located, of: parameters.map(\.name))
            }
            for entry in chosen { try entry.tensor.setRequiresGrad(false) }
        }
    }
}

extension ConfigurationError {
    /// An element of `model.freeze` that none of the parameters' keys starts with.
    init(unknownPrefix prefix: LocatedValue<String>, of parameters: [String]) {
        let parts = Set(parameters.map { String($0.prefix { $0 != "." }) }).sorted()
        self.init(
            at: prefix.location, "model.freeze: no parameter's key starts with '\(prefix.value)'",
            hint: "the model's parts: \(parts.joined(separator: ", "))")
    }
}

/// Thrown for a model configuration without a required part.
public enum ModelConfigurationError: DenseKitError {
    /// A required part (`backbone` or `head`) that the configuration does not name.
    case missing(String)

    public var problem: String {
        switch self {
        case .missing(let part): "model.\(part) is missing"
        }
    }

    public var remedy: String? {
        switch self {
        case .missing(let part):
            "name one, such as `\(part): { type: … }` (see \(Term.components(part)))"
        }
    }

    public var origin: ErrorOrigin { .configuration }
}

/// Thrown where a part returns maps with other channels than its `outputs` declare.
public struct FeatureError: DenseKitError {
    public let problem: String
    public var origin: ErrorOrigin { .program }
}
