import DenseKitCore

extension Verifier {
    /// `asymmetric_loss`: for every entry of `config.settings` the loss, and the gradient of its
    /// sum.
    func asymmetricLoss(_ golden: GoldenCase) throws -> [Comparison] {
        struct Written: YAMLConfiguration { var loss = ComponentNode(type: "") }
        try golden.check("config", knows: "settings")
        try golden.checkInputs("logits targets")
        let inputs = try inputs(golden)
        guard let given = inputs["logits"], let targets = inputs["targets"] else {
            throw GoldenCaseError(golden.path, "needs the inputs logits and targets")
        }
        var outputs: [String: Tensor] = [:]
        for (name, settings) in golden.json["config"]?["settings"]?.object ?? [:] {
            var settings = settings.object ?? [:]
            settings["type"] = .string("AsymmetricLoss")
            let written: Written = try YAMLNode(encoding: ["loss": GoldenJSON.object(settings)])
                .decode()
            let loss = try registry.losses.make(written.loss, BuildContext(registry: registry))
            let logits = try given.detached().cloned()
            try logits.setRequiresGrad(true)
            let value = try loss(logits, targets, LossOptions())
            try value.sum().backward()
            (outputs["\(name)/loss"], outputs["\(name)/grad"]) = (try value.detached(), logits.grad)
        }
        return try compare(
            outputs, with: TensorFile.load(golden.expectedOutputsPath).tensors, golden)
    }
}
