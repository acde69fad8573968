import DenseKitCore

/// Which parameters of a model learn at which rate and decay: `optimizer_groups` of a case, a table
/// for each of several configurations.
///
/// The model file beside the case defines which of our configuration files they are:
/// `configurations: {NAME: CONFIG.yaml}`.
struct OptimizerGroups {
    private let golden: GoldenCase
    private let registry: Registry

    /// A group of a case: its members by name, or by their known properties.
    private enum Group: Decodable {
        struct Summary: Decodable {
            let count: Int
            let prefixes: [String]
            let first: String
            let last: String
        }
        case names([String])
        case summary(Summary)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let names = try? container.decode([String].self) {
                self = .names(names)
            } else {
                self = .summary(try container.decode(Summary.self))
            }
        }
    }

    private struct Tables: Decodable { let optimizer_groups: [String: [String: Group]]? }

    init(_ golden: GoldenCase, _ registry: Registry) {
        self.golden = golden
        self.registry = registry
    }

    func comparisons() throws -> [Comparison] {
        guard let tables = try golden.decoded(Tables.self).optimizer_groups else { return [] }
        let file: ModelFile = try YAMLNode.load(path: golden.modelPath).decode()
        return try tables.sorted { $0.key < $1.key }.flatMap { name, groups in
            guard let path = file.configurations[name] else {
                return [
                    Comparison(
                        failure: name,
                        "\(golden.modelPath) names no file for it under configurations:")
                ]
            }
            return compare(
                try self.groups(YAMLNode.load(path: path.resolved).decode()), groups, name)
        }
    }

    /// The names of each group, by rate and decay as the case writes them, in the order of the
    /// model.
    private func groups(_ configuration: ExperimentConfiguration) throws -> [(
        rate: Double, decay: Double, names: [String]
    )] {
        // Neither names nor their number change which parameters there are.
        let context = BuildContext(registry: registry, classNames: ["a", "b"])
        let model = try withDevice(.meta) { try DenseModel(configuration.model, context) }
        let optimizer = try registry.optimizers.make(configuration.optimizer, context).optimizer(
            for: model.namedParameters())
        let decay = try configuration.optimizer.common("weight_decay", as: Double.self) ?? 0
        return optimizer.groups.map {
            (
                optimizer.baseLearningRate * $0.learningRateMultiplier, decay * $0.decayMultiplier,
                $0.names
            )
        }
    }

    private func compare(
        _ ours: [(rate: Double, decay: Double, names: [String])], _ reference: [String: Group],
        _ name: String
    ) -> [Comparison] {
        var rest = ours
        var result = reference.sorted { $0.key < $1.key }.map { key, group -> Comparison in
            let output = "\(name) \(key)"
            guard let match = key.wholeMatch(of: /lr=([0-9.e+-]+) wd=([0-9.e+-]+)/),
                let rate = Double(match.1),
                let decay = Double(match.2)
            else { return Comparison(failure: output, "expected a group of the form lr=… wd=…") }
            func equal(_ one: Double, _ other: Double) -> Bool {
                abs(one - other) <= 1e-12 * abs(other)
            }
            guard
                let place = rest.firstIndex(where: {
                    equal($0.rate, rate) && equal($0.decay, decay)
                })
            else {
                return Comparison(failure: output, "no parameters are trained like this here")
            }
            return compare(rest.remove(at: place).names, group, output)
        }
        for group in rest {
            result.append(
                Comparison(
                    failure: "\(name) lr=\(group.rate) wd=\(group.decay)",
                    "the reference has no such group; ours has \(group.names.count) parameters, the first \(group.names[0])"
                ))
        }
        return result
    }

    private func compare(_ ours: [String], _ reference: Group, _ output: String) -> Comparison {
        switch reference {
        case .names(let names):
            let odd = Set(ours).symmetricDifference(names).sorted()
            guard odd.isEmpty else {
                return Comparison(
                    failure: output,
                    "in one of the two groups alone: \(odd.prefix(5).joined(separator: ", "))")
            }
            return Comparison(
                output, ours: [Double(ours.count)], reference: [Double(names.count)], .exact)
        case .summary(let summary):
            let prefixes = Set(ours.map { String($0.prefix { $0 != "." }) }).sorted()
            guard prefixes == summary.prefixes.sorted() else {
                return Comparison(
                    failure: output, "ours are of \(prefixes.joined(separator: ", "))")
            }
            for name in [summary.first, summary.last] where !ours.contains(name) {
                return Comparison(failure: output, "\(name) is in another group here, or in none")
            }
            return Comparison(
                output, ours: [Double(ours.count)], reference: [Double(summary.count)], .exact)
        }
    }
}
