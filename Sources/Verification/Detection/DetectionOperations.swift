import DenseKitCore

extension Verifier {
    /// Single operations of detection, on the verifier's device: the content of a case defines
    /// which.
    func detectionOperations(_ golden: GoldenCase) throws -> [Comparison] {
        try withDevice(device) { try runDetectionOperations(golden) }
    }

    private func runDetectionOperations(_ golden: GoldenCase) throws -> [Comparison] {
        let answers = try TensorFile.load(golden.expectedOutputsPath).tensors
        let names = Set(golden.outputNames.map { OutputName($0).name })
        let inputs = DetectionInputs(golden: golden)
        let outputs: [String: Tensor]
        if golden.json["config"]?["assigners"] != nil {
            try golden.check("config", knows: "assigners anchors")
            outputs = try AssignmentOperations(inputs: inputs).outputs()
        } else if golden.json["config"]?["featmap_strides"] != nil {
            try golden.check("config", knows: "featmap_strides finest_scale roi_layer")
            try golden.check(
                "config.roi_layer", knows: "sampling_ratio aligned",
                fixed: ["type": .string("RoIAlign"), "pool_mode": .string("avg")])
            outputs = try RegionOperations(inputs: inputs).outputs()
        } else if names.contains(where: { $0.contains(".base.") }) {
            outputs = try AnchorOperations(inputs: inputs).outputs()
        } else if golden.inputs.contains(where: { $0.name == "feat" }) {
            try golden.check("config")
            outputs = try RoIAlignOperations(inputs: inputs).outputs()
        } else if names.contains("mask_targets")
            || golden.inputs.contains(where: { $0.name == "mask_logits" })
        {
            try golden.check("config")
            let hasTargets = names.contains("mask_targets")
            let targets = hasTargets ? try MaskTargetOperations(inputs: inputs).outputs() : [:]
            outputs = try targets.merging(MaskPasteOperations(inputs, answers).outputs()) { $1 }
        } else if golden.inputs.contains(where: { $0.name == "logits" || $0.name == "pred" }) {
            try golden.check("config")
            outputs = try LossOperations(inputs: inputs, registry: registry).outputs()
        } else {
            try golden.check("config")
            outputs = try BoxOperations(inputs).outputs()
        }
        return try compare(outputs, with: answers, golden).filter {
            outputs[OutputName($0.output).name] != nil
                || !inputs.words($0.output).contains("(optional)")
        }
    }
}
