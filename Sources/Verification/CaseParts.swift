import DenseKitCore

// Parts whose settings are all in the case, so that no model file is needed.
extension Verifier {
    /// The model part `type` of the registry, in inference mode on the verifier's device, with the
    /// case's parameters; and a failed comparison for every name or shape that differs.
    ///
    /// - Parameters:
    ///   - type: the name that the part is registered under
    ///   - settings: of the part
    ///   - golden: the case
    /// - Throws: `BuildError` for settings that do not fit.
    public func part(_ type: String, _ settings: [String: GoldenJSON], _ golden: GoldenCase) throws
        -> (
            part: any ModelPart, failures: [Comparison]
        )
    {
        struct Written: YAMLConfiguration { var part = ComponentNode(type: "") }
        var settings = settings
        settings["type"] = .string(type)
        let written: Written = try YAMLNode(encoding: ["part": GoldenJSON.object(settings)])
            .decode()
        let part = try registry.parts.make(written.part, BuildContext(registry: registry))
        let failures = try fill(part, golden)
        try part.move(to: device)
        try part.setTraining(false)
        return (part, failures)
    }

    /// The case's inputs by name, on the verifier's device.
    public func inputs(_ golden: GoldenCase) throws -> [String: Tensor] {
        try Dictionary(
            uniqueKeysWithValues: golden.inputs.map { ($0.name, try $0.tensor().to(device)) })
    }
}

extension GoldenCase {
    /// The objects of `config.runs`, each with its name.
    /// - Throws: `GoldenCaseError` for one without a name.
    public func runs() throws -> [(name: String, settings: GoldenJSON)] {
        let runs = json["config"]?["runs"]?.array ?? []
        return try runs.map { run in
            guard let name = run["name"]?.string else {
                throw GoldenCaseError(path, "has an entry of config.runs without a name")
            }
            return (name, run)
        }
    }

    /// The shape of a parameter that the case must have.
    /// - Throws: `GoldenCaseError` where it is missing or has another rank.
    public func shape(of parameter: String, rank: Int) throws -> [Int] {
        guard let entry = parameters.first(where: { $0.name == parameter }),
            entry.shape.count == rank
        else {
            throw GoldenCaseError(path, "has no parameter '\(parameter)' with \(rank) dimensions")
        }
        return entry.shape
    }
}
