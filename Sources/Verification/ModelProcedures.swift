import DenseKit

// The procedures that run a model. Outputs are named as the cases name them.
extension Verifier {
    /// All outputs of a backbone: `stage1` …, `global_embedding`, `visual_embedding`.
    func run(_ backbone: any Backbone, _ inputs: [String: Tensor], _ golden: GoldenCase) throws -> [String: Tensor] {
        let features = try withoutGrad { try backbone(try image(inputs, golden)) }
        var outputs: [String: Tensor] = [:]
        for (index, map) in features.maps.enumerated() { outputs["stage\(index + 1)"] = map }
        outputs["global_embedding"] = features.globalEmbedding
        outputs["visual_embedding"] = features.languageMap
        return outputs
    }

    /// What a whole model makes of an image: the recorded intermediate results, `head_logits` and `seg_logits`.
    func run(_ model: DenseModel, _ inputs: [String: Tensor], _ golden: GoldenCase) throws -> [String: Tensor] {
        var outputs: [String: Tensor] = [:]
        let image = try image(inputs, golden)
        try withoutGrad {
            let step = Step { name, tensor in outputs[name] = tensor }
            guard case .segmentation(let embedding, let classify) = try model.predictions(image, step) else {
                throw InferenceError.notSegmentation
            }
            let logits = try classify(embedding)
            outputs["head_logits"] = logits
            outputs["seg_logits"] = try logits.interpolated(to: Pair(image.size(2), image.size(3)), .bilinear())
        }
        return outputs
    }

    /// Losses, gradients and running statistics of one training step with all dropout off.
    func trainingStep(
        _ model: DenseModel, _ inputs: [String: Tensor], _ golden: GoldenCase, _ comparisons: inout [Comparison]
    ) throws -> [String: Tensor] {
        for (_, module) in try model.namedModules() {
            (module as? Dropout)?.probability = 0
            (module as? DropPath)?.probability = 0
        }
        guard let labels = inputs["gt_semantic_seg"] else { throw GoldenCaseError(golden.path, "has no input gt_semantic_seg") }
        let ignore = golden.json["loss"]?["ignore_index"]?.integer ?? 255
        let targets = Targets(labels: labels.rank == 4 ? try labels.squeezed(1) : labels, ignoreIndex: ignore)
        let losses = try model.losses(try image(inputs, golden), targets, Step(progress: 0, wantsMetrics: true))
        var outputs: [String: Tensor] = [:]
        for (name, value) in losses.terms { outputs["loss/\(name)"] = try value.detached() }
        guard let total = try losses.total() else { throw GoldenCaseError(golden.path, "the model has no loss") }
        outputs["loss/total"] = try total.detached()
        try total.backward()

        var gradients: [String: Tensor] = [:]
        for entry in try model.namedTensors() {
            if entry.kind == .buffer { outputs["after/\(entry.name)"] = entry.tensor }
            guard let gradient = entry.tensor.grad else { continue }
            gradients[entry.name] = gradient
            let flat = try gradient.contiguous().flattened()
            outputs["grad/\(entry.name)"] = flat.count <= 20000 ? gradient : try flat.sliced(0, step: 64)
        }
        let order = golden.json["grad_norm_order"]?.array?.compactMap(\.string) ?? []
        let norms = try order.map { name in Float(try gradients[name]?.norm().item() ?? 0) }
        outputs["grad_norms"] = try Tensor.from(norms)
        for name in order where gradients[name] == nil {
            comparisons.append(Comparison(failure: "grad/\(name)", "has no gradient here"))
        }
        for name in golden.json["parameters_without_gradient"]?.array?.compactMap(\.string) ?? [] where gradients[name] != nil {
            comparisons.append(Comparison(failure: "grad/\(name)", "has a gradient here, the reference has none"))
        }
        return outputs
    }

    /// The test-time flow over the views of `config_inference`: sliding windows, resize, softmax, mean.
    func infer(_ model: DenseModel, _ inputs: [String: Tensor], _ golden: GoldenCase) throws -> [String: Tensor] {
        guard let size = golden.json["config_inference"]?["ori_shape"]?.integers, size.count == 2,
            let views = golden.json["config_inference"]?["views"]?.array
        else { throw GoldenCaseError(golden.path, "has no config_inference with ori_shape and views") }
        let inference = SegmentationInference(model, mode: try mode(golden))
        let original = Pair(size[0], size[1])
        return try withoutGrad {
            let seen = try views.map { view in
                guard let name = view["input"]?.string, let image = inputs[name] else {
                    throw GoldenCaseError(golden.path, "names a view whose input it does not have")
                }
                let flipped = view["flip"]?.bool ?? false
                return try inference.view(flipped ? try image.flipped(3) : image, flipped: flipped)
            }
            return [
                "prob_view0": try inference.probabilities([seen[0]], size: original),
                "prob_mean": try inference.probabilities(seen, size: original),
                "label_view0": try inference.labels([seen[0]], size: original).unsqueezed(0),
                "label_mean": try inference.labels(seen, size: original).unsqueezed(0),
            ]
        }
    }

    private func mode(_ golden: GoldenCase) throws -> InferenceMode {
        let test = golden.json["config"]?["test_cfg"]
        guard test?["mode"]?.string == "slide" else { return .whole }
        guard let crop = test?["crop_size"]?.integers, let stride = test?["stride"]?.integers, crop.count == 2, stride.count == 2
        else {
            throw GoldenCaseError(golden.path, "slide mode needs crop_size and stride in config.test_cfg")
        }
        return .slide(crop: Pair(crop[0], crop[1]), stride: Pair(stride[0], stride[1]))
    }

    private func image(_ inputs: [String: Tensor], _ golden: GoldenCase) throws -> Tensor {
        guard let image = inputs["img"] else { throw GoldenCaseError(golden.path, "has no input img") }
        return image
    }
}
