import DenseKitCore

extension RetinaNet {
    /// `loss_cls`, the classification loss of all anchors, and `loss_bbox`, the regression loss of
    /// the positive ones. Both are divided by the number of positives in the batch, an image
    /// without any counting as one. (section 4.1; summed over levels as in mmdetection)
    ///
    /// - Parameters:
    ///   - maps: the pyramid, `[n, c, hᵢ, wᵢ]` each, finest first
    ///   - targets: of the batch, with boxes in pixels of the network's input
    ///   - step: the pass, with the sizes of the images
    /// - Throws: `TargetError.noInstances` for targets without boxes.
    public func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        guard let instances = targets.instances else { throw TargetError.noInstances }
        let output = try self(maps, step)
        let images = try answers(to: output, instances, step, on: maps[0].device)
        let positives = images.reduce(0) { $0 + max($1.positiveCount, 1) }
        let options = LossOptions(averageFactor: Double(positives))
        var (classes, boxes): ([Tensor], [Tensor]) = ([], [])
        var first = 0
        for (logits, deltas) in zip(output.logits, output.deltas) {
            let count = logits.size(1)
            func level(_ part: (AnchorTargets) -> Tensor) throws -> Tensor {
                try Tensor.cat(images.map { try part($0).narrowed(0, first, count) }, dim: 0)
            }
            var ofClasses = options
            ofClasses.elementWeights = try level(\.labelWeights)
            classes.append(
                try lossCls(logits.flattened(from: 0, to: 1), level(\.labels), ofClasses))
            var ofBoxes = options
            ofBoxes.elementWeights = try level(\.boxWeights)
            boxes.append(try lossBbox(deltas.flattened(from: 0, to: 1), level(\.boxes), ofBoxes))
            first += count
        }
        var losses = Losses()
        try losses.add(term: "loss_cls", levels: classes, step)
        try losses.add(term: "loss_bbox", levels: boxes, step)
        return losses
    }

    /// The targets of each image's anchors, all levels one after another.
    private func answers(
        to output: Output, _ instances: [InstanceTargets], _ step: ForwardPass, on device: Device
    ) throws -> [AnchorTargets] {
        let all = try Tensor.cat(anchors.anchors(for: output.sizes, on: device), dim: 0)
        return try zip(step.images, instances).enumerated().map { index, image in
            let (geometry, groundTruth) = image
            let valid = try anchors.validFlags(
                for: output.sizes, paddedSize: geometry.paddedSize, on: device)
            return try matcher.targets(
                all, valid: Tensor.cat(valid, dim: 0), groundTruth: groundTruth, in: geometry.size,
                background: classCount, randomSource: step.randomSource,
                purpose: "retina", image: index)
        }
    }
}
