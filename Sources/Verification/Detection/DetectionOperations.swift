import DenseKit

extension Verifier {
    /// Single operations of detection: what a case holds says which.
    func detectionOperations(_ golden: GoldenCase) throws -> [Comparison] {
        let answers = try TensorFile.load(golden.answersPath).tensors
        let names = Set(golden.outputNames.map { OutputName($0).name })
        let outputs: [String: Tensor]
        if golden.json["config"]?["assigners"] != nil {
            outputs = try AssignmentOperations(golden).outputs()
        } else if golden.json["config"]?["featmap_strides"] != nil {
            outputs = try RegionOperations(golden).outputs()
        } else if names.contains("mask_targets") {
            outputs = try MaskTargetOperations(golden).outputs()
        } else if names.contains(where: { $0.contains(".base.") }) {
            outputs = try AnchorOperations(golden).outputs()
        } else if golden.inputs.contains(where: { $0.name == "logits" || $0.name == "pred" }) {
            outputs = try LossOperations(golden, registry).outputs()
        } else {
            outputs = try BoxOperations(golden).outputs()
        }
        return try compare(outputs, with: answers, golden)
    }
}
