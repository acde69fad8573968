import DenseKitCore

// The procedures that run a detector: RetinaNet and Mask R-CNN.
extension Verifier {
    /// What a detector makes of an image: the recorded intermediate results, `det.*` in pixels of
    /// the network's input image and `det_rescaled.*` in those of the original image, each
    /// detection at the place of the reference detection that it matches, and its mask's outputs.
    func detect(
        _ model: DenseModel, _ inputs: [String: Tensor], _ answers: [String: Tensor],
        _ golden: GoldenCase,
        _ comparisons: inout [Comparison]
    ) throws -> [String: Tensor] {
        let image = try image(inputs, golden)
        let geometries = try golden.geometries()
        var recorded: [String: Tensor] = [:]
        let seen = try withoutGrad {
            try detections(
                model, image,
                geometries.map { ImageGeometry(size: $0.size, paddedSize: $0.paddedSize) }, golden
            ) { recorded[$0] = $1 }
        }
        let original = try withoutGrad {
            try detections(model, image, geometries, golden) { _, _ in }
        }
        var outputs = detectorNames(recorded)
        func matched(_ name: String, _ detections: [Detections]) throws -> [MatchedDetections] {
            try detections.enumerated().map { image, found in
                let place = detections.count == 1 ? "" : ".\(image)"
                let match = try DetectionMatch(found, answers, name, place)
                let ordered = try match.ordered(found)
                outputs["\(name).boxes\(place)"] = ordered.boxes
                outputs["\(name).scores\(place)"] = ordered.scores
                outputs["\(name).labels\(place)"] = ordered.labels
                return MatchedDetections(detections: found, match: match, place: place)
            }
        }
        let masks = try maskAnswers(
            recorded["mask_logits"], seen: matched("det", seen),
            original: matched("det_rescaled", original), golden)
        outputs.merge(masks.outputs) { $1 }
        comparisons += masks.comparisons
        return outputs
    }

    /// The instances in the images of a training case, `gt_bboxes.0`, `gt_labels.0`, … for every
    /// image.
    func instances(_ inputs: [String: Tensor], _ golden: GoldenCase) throws -> Targets {
        let instances = try (0..<image(inputs, golden).size(0)).map { image in
            guard let boxes = inputs["gt_bboxes.\(image)"],
                let labels = inputs["gt_labels.\(image)"]
            else {
                throw GoldenCaseError(
                    golden.path, "has no input gt_bboxes.\(image) or gt_labels.\(image)")
            }
            let ignored =
                try inputs["gt_bboxes_ignore.\(image)"] ?? Tensor.zeros([0, 4], device: device)
            // Numbers without a fraction are written as integers, and so are none at all.
            return try InstanceTargets(
                boxes: boxes.to(.float32), labels: labels.to(.int64),
                ignoredBoxes: ignored.to(.float32),
                masks: inputs["gt_masks.\(image)"])
        }
        return Targets(instances: instances)
    }

    /// What parts record, by the names of the cases.
    func detectorNames(_ recorded: [String: Tensor]) -> [String: Tensor] {
        let names = [
            "stage1": "backbone.0", "stage2": "backbone.1", "stage3": "backbone.2",
            "stage4": "backbone.3",
            "global_embedding": "attnpool.global", "visual_embedding": "attnpool.local",
            "class_text": "text_embeddings",
            "text_embeddings": "text_features", "score_map": "score_map3",
            "enlarged_score_map": "score_map0",
            "score_target": "seg_target", "score_mask": "seg_mask",
        ]
        return Dictionary(
            recorded.map { name, tensor in
                (
                    names[name] ?? (name.hasPrefix("neck_") ? "fpn.\(name.dropFirst(5))" : name),
                    tensor
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    private func detections(
        _ model: DenseModel, _ image: Tensor, _ geometries: [ImageGeometry], _ golden: GoldenCase,
        observe: @escaping (String, Tensor) throws -> Void
    ) throws -> [Detections] {
        let step = ForwardPass(images: geometries, observe: observe)
        guard let found = try model.predictions(image, step) as? DetectionPredictions else {
            throw GoldenCaseError(
                golden.path, "is a case of a detector, and the model's head detects nothing")
        }
        return found.images
    }
}

extension GoldenCase {
    /// How the images came from their files: `img_meta`. None where the case does not define it.
    func geometries() throws -> [ImageGeometry] {
        try (json["img_meta"]?.array ?? []).map { meta in
            func size(_ key: String) throws -> Size2D {
                guard let sides = meta[key]?.integers, sides.count >= 2,
                    sides.allSatisfy({ 1...1_000_000 ~= $0 })
                else {
                    throw GoldenCaseError(
                        path, "has an entry of img_meta without a size \(key): [height, width]")
                }
                return Size2D(height: sides[0], width: sides[1])
            }
            let scale = meta["scale_factor"]?.numbers ?? [1]
            guard let x = scale.first, let y = scale.dropFirst().first ?? scale.first, x > 0, y > 0
            else {
                throw GoldenCaseError(
                    path, "has an entry of img_meta whose scale_factor is not above 0")
            }
            return try ImageGeometry(
                size: size("img_shape"), paddedSize: size("pad_shape"),
                originalSize: size("ori_shape"),
                scale: (x, y))
        }
    }
}

extension ImageGeometry {
    /// An image that was not resized.
    fileprivate init(size: Size2D, paddedSize: Size2D) {
        self.init(size: size, paddedSize: paddedSize, originalSize: size, scale: (1, 1))
    }
}
