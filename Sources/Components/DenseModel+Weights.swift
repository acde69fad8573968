import DenseKitCheckpoints

extension DenseModel {
    /// Loads the weights that the configuration names: those of the whole model first, then those
    /// of its parts.
    ///
    /// For the start of training; a model loaded from a checkpoint already has its weights.
    ///
    /// - Returns: each file, with the report on which tensors it filled
    /// - Throws: `WeightsError`, with the place in the configuration, for a file that cannot be
    ///   read or does not fit.
    public func loadPretrained(_ configuration: ModelConfiguration) throws -> [(
        file: String, report: LoadReport
    )] {
        var reports: [(String, LoadReport)] = []
        func load(_ setting: WeightsSetting?, _ part: Module, prefix: String) throws {
            guard let setting else { return }
            let content = try setting.content()
            reports.append(
                (setting.file.resolved, try part.loadPretrained(content, setting, prefix: prefix)))
        }
        func load(_ node: ComponentNode?, _ part: Module?, prefix: String) throws {
            guard let node, let part else { return }
            try load(node.common("weights"), part, prefix: prefix)
        }
        try load(configuration.weights, self, prefix: "")
        try load(configuration.backbone, backbone, prefix: "backbone")
        try load(configuration.prompter, prompter, prefix: "")
        try load(configuration.neck, neck, prefix: "neck")
        try load(configuration.head, head, prefix: head.checkpointKey)
        for (index, node) in configuration.auxiliaryHeads.enumerated() {
            let key = auxiliaryHeads.count == 1 ? "auxiliary_head" : "auxiliary_head.\(index)"
            try load(node, auxiliaryHeads[index], prefix: key)
        }
        return reports
    }
}

extension WeightsSetting {
    /// What the file holds.
    ///
    /// - Throws: `WeightsError` for a file that cannot be read.
    func content() throws -> WeightsFile.Content {
        do {
            return try WeightsFile.load(file.resolved)
        } catch {
            throw WeightsError(location: file.location, underlying: error)
        }
    }
}

extension Module {
    /// Copies what `setting` wants of a file's content into this model or component, which is
    /// placed at `prefix` in a whole model.
    ///
    /// - Throws: `WeightsError` where it does not fit.
    @discardableResult
    func loadPretrained(_ content: WeightsFile.Content, _ setting: WeightsSetting, prefix: String)
        throws -> LoadReport
    {
        do {
            return try loadPretrained(
                content.tensors, prefix: prefix, behind: setting.prefix,
                reinitialize: setting.reinitialize,
                ignore: setting.ignore, atLeast: setting.atLeast, unread: content.unread,
                source: setting.file.resolved)
        } catch {
            throw WeightsError(location: setting.file.location, underlying: error)
        }
    }
}

extension DenseModel: ExternalWeights {
    /// The format of whole models from OpenMMLab's frameworks: this project's keys, and some that
    /// are needed in training only.
    public static var weightFormats: [WeightFormat] {
        [
            WeightFormat(
                "a whole model", behind: [""],
                dropping: ["data_preprocessor.", "auxiliary_head.", "identity_head.", "ema_"])
        ]
    }
}

/// Weights that a configuration names and that cannot be loaded: where it names them, and why not.
public struct WeightsError: DenseKitError {
    /// Where the file is named.
    public let location: SourceLocation
    /// `CheckpointError` for a file that cannot be read, `LoadError` for another model's,
    /// `SettingError` for what it requests.
    public let underlying: any Error

    public var place: String? { "\(location): weights" }
    public var problem: String { "\(underlying)" }
    /// Whatever is wrong with the file, the configuration names it.
    public var origin: ErrorOrigin { .configuration }
}
