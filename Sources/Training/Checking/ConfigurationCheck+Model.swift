import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitVision

extension ConfigurationCheck {
    /// The model for `classes`, of shapes alone; nil where it cannot be built. What comes after a
    /// part that cannot be built is checked without it.
    mutating func checkModel(_ classes: ClassList) -> DenseModel? {
        let stops = [["model"]] + Self.parts.map { ["model", $0] }
        let isWhole = isComplete && !removed.contains { $0.first == "model" && $0.count < 3 }
        if isWhole, let model = attempt(device: .meta, until: stops, { try $0.model(classes) }) {
            return model
        }
        checkSettings()
        if isComplete { checkParts(classes) }
        return nil
    }

    static let parts = ["backbone", "prompter", "neck", "head", "auxiliary_heads"]

    /// The settings of every part and of what is in it, without building one.
    private mutating func checkSettings() {
        for part in Self.parts {
            _ = attempt(device: .meta) { experiment in
                let model = experiment.configuration.model
                let registry = experiment.registry
                if let node = experiment.node["model"]?[part] { try registry.checkParts(of: node) }
                let heads = part == "head" ? model.head.map { [$0] } ?? [] : model.auxiliaryHeads
                switch part {
                case "backbone":
                    _ = try model.backbone.map { try registry.backbones.settings(of: $0) }
                case "prompter":
                    try model.prompter.map {
                        try registry.checkLosses(of: registry.prompters.settings(of: $0))
                    }
                case "neck": _ = try model.neck.map { try registry.necks.settings(of: $0) }
                default:
                    for head in heads {
                        try registry.checkLosses(of: registry.heads.settings(of: head))
                    }
                }
            }
        }
    }

    /// Builds the parts, each separately, as far as possible, looks for what `freeze` names in
    /// them, and reads every file of weights.
    private mutating func checkParts(_ classes: ClassList) {
        var parts = ModelParts()
        var built: [String: Module] = [:]
        var context = BuildContext(registry: Registry(), classNames: classes.names)

        /// A part, where the configuration has it and it can be built. What comes before it may be
        /// missing: then only what is wrong with its losses is sure.
        func build<Part>(
            _ part: String, _ isSure: Bool,
            _ make: (ModelConfiguration, BuildContext) throws -> Part?
        ) -> Part? {
            let upstream = context
            let made = attempt(
                device: device, until: [["model"], ["model", part]], onlyLosses: !isSure
            ) { experiment in
                var context = upstream
                context.registry = experiment.registry
                return try make(experiment.configuration.model, context)
            }
            return made ?? nil
        }

        func add(_ module: Module?, _ name: String, prefix: String) {
            guard let module else { return }
            parts.add(module, prefix: prefix)
            built[name] = module
        }

        guard
            let backbone = build(
                "backbone", true,
                { model, context in
                    try model.backbone.map { try context.registry.backbones.make($0, context) }
                })
        else { return checkWeights(built) }
        add(backbone, "backbone", prefix: "backbone")
        context.features = backbone.outputs
        context.language = backbone.language
        let prompter = build("prompter", true) { model, context in
            try model.prompter.map { try context.registry.prompters.make($0, context) }
        }
        add(prompter, "prompter", prefix: "")
        context.features = prompter?.outputs ?? context.features
        var isSure = !lacks("prompter")
        let neck = build("neck", isSure) { model, context in
            try model.neck.map { try context.registry.necks.make($0, context) }
        }
        if isSure { add(neck, "neck", prefix: "neck") }
        context.features = neck?.outputs ?? context.features
        isSure = isSure && !lacks("neck")
        let head = build("head", isSure) { model, context in
            try model.head.map { try context.registry.heads.make($0, context) }
        }
        if isSure { add(head, "head", prefix: head?.checkpointKey ?? "") }
        context.features = neck?.outputs ?? backbone.outputs
        _ = build("auxiliary_heads", isSure) { model, context in
            try model.auxiliaryHeads.map { try context.registry.heads.make($0, context) }
        }
        _ = attempt(device: device, until: [["model"], ["model", "freeze"]]) { experiment in
            try parts.checkFreeze(experiment.configuration.model.freeze)
        }
        checkWeights(built)
    }

    /// Whether the configuration has a part that was taken out.
    private func lacks(_ part: String) -> Bool { removed.contains(["model", part]) }

    /// Reads the files of weights, those of parts that were taken out too, and loads them into the
    /// parts that were built.
    private mutating func checkWeights(_ built: [String: Module]) {
        guard let model = original["model"] else { return }
        var settings: [(node: YAMLNode, part: String)] = []
        func note(_ node: YAMLNode?, _ part: String) {
            if let weights = node?["weights"], !weights.isNull { settings.append((weights, part)) }
        }
        note(model, "")
        for part in Self.parts.dropLast() { note(model[part], part) }
        for head in model["auxiliary_heads"]?.sequence ?? [] { note(head, "auxiliary_head") }
        for (node, part) in settings {
            // What is wrong with the setting itself is known.
            guard let setting = try? node.decode(WeightsSetting.self) else { continue }
            let prefix =
                part == "head"
                ? (built[part] as? any Head)?.checkpointKey ?? "" : part == "prompter" ? "" : part
            do {
                try setting.check(built[part], prefix: prefix)
            } catch {
                add(problem: "\(error)")
            }
        }
    }
}
