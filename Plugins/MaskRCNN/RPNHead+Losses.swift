import DenseKitCore

extension RPNHead {
    /// `loss_rpn_cls`: whether a sampled anchor is an object; `loss_rpn_bbox`: how the boxes of
    /// those that are one differ from them. Both are divided by the sampled anchors of the batch.
    func losses(_ output: Output, _ groundTruths: [InstanceTargets], _ step: ForwardPass) throws
        -> Losses
    {
        let samples = try groundTruths.enumerated().map { image, groundTruth in
            try sample(output, groundTruth, step, image: image)
        }
        let count = samples.reduce(0) {
            $0 + max($1.positives.count, 1) + max($1.negatives.count, 1)
        }
        let options = LossOptions(averageFactor: Double(count))
        let boxes = try Tensor.cat(groundTruths.map(\.boxes), dim: 0)
        var (cls, bbox): ([Tensor], [Tensor]) = ([], [])
        var start = 0
        for (level, anchors) in output.anchors.enumerated() {
            let chosen = Chosen(samples, groundTruths, level: start..<(start + anchors.size(0)))
            start += anchors.size(0)
            let device = anchors.device
            let positives = try tensor(chosen.positives, device)
            let negatives = try tensor(chosen.negatives, device)
            let logits = try output.logits[level].flattened().indexed(
                0, Tensor.cat([positives, negatives], dim: 0))
            let target = try Tensor.cat(
                [
                    Tensor.ones([positives.count], device: device),
                    Tensor.zeros([negatives.count], device: device),
                ], dim: 0)
            cls.append(try lossCls(logits, target, options))
            let deltas = try output.deltas[level].reshaped([-1, 4]).indexed(0, positives)
            let from = try anchors.indexed(0, tensor(chosen.anchors, device))
            bbox.append(
                try lossBbox(
                    deltas,
                    coder.encode(from, to: boxes.indexed(0, tensor(chosen.groundTruths, device))),
                    options))
        }
        var losses = Losses()
        try losses.add(term: "loss_rpn_cls", levels: cls, step)
        try losses.add(term: "loss_rpn_bbox", levels: bbox, step)
        return losses
    }

    /// The anchors of an image to train on, by their places among those of all levels, ascending.
    private struct Sample {
        let positives: [Int]
        let negatives: [Int]
        /// The object of each positive, by its index in the image.
        let groundTruths: [Int]
    }

    private func sample(
        _ output: Output, _ groundTruth: InstanceTargets, _ step: ForwardPass, image: Int
    )
        throws -> Sample
    {
        let device = output.anchors[0].device
        let flags = try anchors.validFlags(
            for: output.sizes, paddedSize: step.images[image].paddedSize, on: device)
        let usable = try Tensor.cat(flags, dim: 0).nonzero().squeezed(1)
        let candidates = try Tensor.cat(output.anchors, dim: 0).indexed(0, usable)
        let sample = try sampler.sample(
            assigner.assign(candidates, to: groundTruth), boxes: candidates,
            groundTruth: groundTruth,
            randomSource: step.randomSource, purpose: "rpn",
            image: image)
        try step.record(sample, "rpn", image: image)
        func integers(_ indices: Tensor) throws -> [Int] { try indices.integers().map(Int.init) }
        return try Sample(
            positives: integers(usable.indexed(0, sample.positives)),
            negatives: integers(usable.indexed(0, sample.negatives)),
            groundTruths: integers(sample.groundTruthIndices))
    }

    /// The sampled anchors of a level, of all images.
    private struct Chosen {
        /// Places in the level's logits `[n · anchors]`.
        var (positives, negatives): ([Int], [Int]) = ([], [])
        /// For each positive the index of its anchor in the level, and of its object among those of
        /// the batch.
        var (anchors, groundTruths): ([Int], [Int]) = ([], [])

        init(_ samples: [Sample], _ groundTruths: [InstanceTargets], level: Range<Int>) {
            var firstGroundTruth = 0
            for (image, sample) in samples.enumerated() {
                let first = image * level.count - level.lowerBound
                for (place, groundTruth) in zip(sample.positives, sample.groundTruths)
                where level.contains(place) {
                    positives.append(first + place)
                    anchors.append(place - level.lowerBound)
                    self.groundTruths.append(firstGroundTruth + groundTruth)
                }
                negatives += sample.negatives.lazy.filter(level.contains).map { first + $0 }
                firstGroundTruth += groundTruths[image].boxes.size(0)
            }
        }
    }

    private func tensor(_ indices: [Int], _ device: Device) throws -> Tensor {
        try Tensor.from(indices.map(Int64.init)).to(device)
    }
}

extension ForwardPass {
    /// Shows what was sampled of an image, by mmdetection's names.
    func record(_ sample: BoxSample, _ name: String, image: Int) throws {
        try record("\(name).pos_inds.\(image)", sample.positives)
        try record("\(name).neg_inds.\(image)", sample.negatives)
        try record("\(name).pos_gt.\(image)", sample.groundTruthIndices)
        try record("\(name).pos_boxes.\(image)", sample.positiveBoxes())
        try record("\(name).neg_boxes.\(image)", sample.negativeBoxes())
    }
}
