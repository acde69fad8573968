import DenseKitCore

// The procedures that run a model. Outputs are named as the cases name them.
extension Verifier {
    /// All outputs of a backbone: `stage1` …, `global_embedding`, `visual_embedding`.
    func run(_ backbone: any Backbone, _ inputs: [String: Tensor], _ golden: GoldenCase) throws
        -> [String: Tensor]
    {
        let features = try withoutGrad { try backbone(image(inputs, golden)) }
        var outputs: [String: Tensor] = [:]
        for (index, map) in features.maps.enumerated() { outputs["stage\(index + 1)"] = map }
        outputs["global_embedding"] = features.globalEmbedding
        outputs["visual_embedding"] = features.languageMap
        return outputs
    }

    /// What a whole model makes of an image: the recorded intermediate results, `head_logits` and
    /// `seg_logits`.
    func run(_ model: DenseModel, _ inputs: [String: Tensor], _ golden: GoldenCase) throws
        -> [String: Tensor]
    {
        var outputs: [String: Tensor] = [:]
        let image = try image(inputs, golden)
        try withoutGrad {
            let step = ForwardPass { name, tensor in outputs[name] = tensor }
            guard let found = try model.predictions(image, step) as? SegmentationPredictions else {
                throw InferenceError.notSegmentation
            }
            let logits = try found.classify(found.embedding)
            outputs["head_logits"] = logits
            let size = Size2D(image.size(2), image.size(3))
            outputs["seg_logits"] = try logits.interpolated(to: size, .bilinear())
            // Where the score map itself is the output.
            outputs["alignment_label"] = try outputs["score_map"]?.interpolated(
                to: size, .bilinear()
            ).argmax(1)
        }
        return outputs
    }

    /// Losses, gradients, running statistics and what parts record in one training step, with all
    /// dropout off and the first candidates wherever some are sampled.
    func trainingStep(
        _ model: DenseModel, _ inputs: [String: Tensor], _ golden: GoldenCase,
        _ comparisons: inout [Comparison]
    ) throws -> [String: Tensor] {
        for (_, module) in try model.namedModules() {
            (module as? Dropout)?.probability = 0
            (module as? DropPath)?.probability = 0
        }
        let detects = golden.procedure == "detector"
        let targets = try detects ? instances(inputs, golden) : labels(inputs, golden)
        var recorded: [String: Tensor] = [:]
        let step = try step(golden, inputs) { recorded[$0] = try $1.detached() }
        var losses = Losses()
        _ = try TrainingStep.addGradients { _ in
            losses = try model.losses(image(inputs, golden), targets, step)
            return losses
        }
        var outputs = detects ? detectorNames(recorded) : recorded
        for entry in losses.entries {
            outputs["loss/\(entry.name)"] = try recorded[entry.name] ?? entry.value.detached()
        }
        outputs["loss/total"] = try losses.total()?.detached()

        var gradients: [String: Tensor] = [:]
        var frozen: Set<String> = []
        for entry in try model.namedTensors() {
            if entry.kind == .buffer { outputs["after/\(entry.name)"] = entry.tensor }
            if !entry.tensor.requiresGrad { frozen.insert(entry.name) }
            guard let gradient = entry.tensor.grad else { continue }
            gradients[entry.name] = gradient
            let flat = try gradient.contiguous().flattened()
            outputs["grad/\(entry.name)"] =
                detects || flat.count <= 20000 ? gradient : try flat.sliced(0, step: 64)
        }
        // in float32, millions of elements err by 1e-3
        let norms = try gradients.mapValues { try $0.to(.float64).norm().item() }
        let order = golden.names("grad_norm_order")
        outputs["grad_norms"] = try Tensor.from(order.map { Float(norms[$0] ?? 0) })
        outputs["grad_norm_total"] = try Tensor.from([
            Float(norms.values.reduce(0) { $0 + $1 * $1 }.squareRoot())
        ])
        // a trained parameter that was not reached has a gradient of 0
        for name in order where frozen.contains(name) {
            comparisons.append(Comparison(failure: "grad/\(name)", "has no gradient here"))
        }
        for name in golden.names("parameters_without_gradient") + golden.names("frozen_parameters")
        where gradients[name] != nil {
            comparisons.append(
                Comparison(failure: "grad/\(name)", "has a gradient here, the reference has none"))
        }
        return outputs
    }

    private func labels(_ inputs: [String: Tensor], _ golden: GoldenCase) throws -> Targets {
        guard let labels = inputs["gt_semantic_seg"] else {
            throw GoldenCaseError(golden.path, "has no input gt_semantic_seg")
        }
        let ignore = try golden.integer("loss.ignore_index") ?? 255
        return Targets(
            labels: labels.rank == 4 ? try labels.squeezed(1) : labels, ignoreIndex: ignore)
    }

    /// The step of the case's schedule, with the random numbers that the case gives; where it gives
    /// none the first candidates are chosen.
    private func step(
        _ golden: GoldenCase, _ inputs: [String: Tensor],
        observe: @escaping (String, Tensor) throws -> Void
    ) throws -> ForwardPass {
        let iteration =
            try golden.integer("config.schedule.t") ?? golden.integer("config.iteration") ?? 0
        let iterations = try golden.integer("config.schedule.T") ?? 1
        return try ForwardPass(
            progress: Double(iteration) / Double(max(iterations, 1)), iteration: iteration,
            iterations: iterations,
            images: golden.geometries(), randomSource: draws(inputs), wantsMetrics: true,
            observe: observe)
    }

    /// The random numbers that the case prescribes, by the names of its inputs.
    private func draws(_ inputs: [String: Tensor]) throws -> RandomSource {
        if let priority = inputs["priority"] { return try .prescribed(priority) }
        return try procedures.draws(inputs).map { try .prescribed($0) } ?? .inOrder
    }

    /// The test-time flow over the views of `config_inference`: sliding windows, resize, softmax,
    /// mean.
    func infer(_ model: DenseModel, _ inputs: [String: Tensor], _ golden: GoldenCase) throws
        -> [String: Tensor]
    {
        guard let size = golden.json["config_inference"]?["ori_shape"]?.integers, size.count == 2,
            let views = golden.json["config_inference"]?["views"]?.array
        else {
            throw GoldenCaseError(golden.path, "has no config_inference with ori_shape and views")
        }
        let inference = SegmentationInference(model, mode: try mode(golden))
        let original = Size2D(size[0], size[1])
        return try withoutGrad {
            let seen = try views.map { view in
                guard let name = view["input"]?.string, let image = inputs[name] else {
                    throw GoldenCaseError(golden.path, "names a view whose input it does not have")
                }
                let flipped = view["flip"]?.bool ?? false
                return try inference.view(flipped ? image.flipped(3) : image, flipped: flipped)
            }
            return try [
                "prob_view0": inference.probabilities([seen[0]], size: original),
                "prob_mean": inference.probabilities(seen, size: original),
                "label_view0": inference.labels([seen[0]], size: original).unsqueezed(0),
                "label_mean": inference.labels(seen, size: original).unsqueezed(0),
            ]
        }
    }

    private func mode(_ golden: GoldenCase) throws -> InferenceMode {
        let test = golden.json["config"]?["test_cfg"]
        if let mode = test?["mode"], ![.string("slide"), .string("whole")].contains(mode) {
            throw GoldenCaseError(
                golden.path, "has \(mode.text) in config.test_cfg.mode; known: slide, whole")
        }
        guard test?["mode"]?.string == "slide" else { return .whole }
        guard let crop = test?["crop_size"]?.integers, let stride = test?["stride"]?.integers,
            crop.count == 2, stride.count == 2
        else {
            throw GoldenCaseError(
                golden.path, "slide mode needs crop_size and stride in config.test_cfg")
        }
        return .slide(crop: Size2D(crop[0], crop[1]), stride: Size2D(stride[0], stride[1]))
    }

    func image(_ inputs: [String: Tensor], _ golden: GoldenCase) throws -> Tensor {
        guard let image = inputs["img"] else {
            throw GoldenCaseError(golden.path, "has no input img")
        }
        return image
    }
}
