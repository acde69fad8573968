import DenseKitCore
import DenseKitVerification

extension Verifier {
    /// `icpc_alignment`: for every entry of `config.runs` the score maps at all strides, for the
    /// level sizes that it names.
    func multiScaleAlignment(_ golden: GoldenCase) throws -> [Comparison] {
        try golden.check("config", knows: "type dim num_classes stride runs")
        try golden.check("config.runs", knows: "name visual text sizes")
        let config = golden.json["config"]
        guard let channels = config?["dim"], let classes = config?["num_classes"],
            let stride = config?["stride"]
        else {
            throw GoldenCaseError(
                golden.path, "needs config.dim, config.num_classes and config.stride")
        }
        let (part, failures) = try part(
            "MultiScaleAlignment", ["channels": channels, "classes": classes, "stride": stride],
            golden)
        let inputs = try inputs(golden)
        var outputs: [String: Tensor] = [:]
        for (name, run) in try golden.runs() {
            guard let visual = run["visual"]?.string.flatMap({ inputs[$0] }),
                let text = run["text"]?.string.flatMap({ inputs[$0] })
            else {
                throw GoldenCaseError(
                    golden.path,
                    "run \(name) names inputs, visual or text, that the case does not have")
            }
            let sizes = run["sizes"]?.array?.compactMap(\.integers) ?? []
            guard sizes.allSatisfy({ $0.count == 2 }) else {
                throw GoldenCaseError(
                    golden.path, "run \(name) has sizes that are not pairs of height and width")
            }
            let table = try Tensor.from(sizes.joined().map(Int64.init), shape: [sizes.count, 2])
            let maps = try withoutGrad {
                try part.run(["visual": visual, "text": text, "sizes": table])
            }
            for (key, map) in maps { outputs["\(name)/\(key)"] = map }
        }
        return failures + (try golden.comparisons(of: outputs))
    }
}
