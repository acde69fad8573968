import DenseKitCore

extension RPNHead {
    /// `loss_rpn_cls`: whether a sampled anchor is an object; `loss_rpn_bbox`: how the boxes of
    /// those that are one differ from them. Both are divided by the sampled anchors of the batch.
    func losses(_ output: Output, _ groundTruths: [InstanceTargets], _ step: ForwardPass) throws
        -> Losses
    {
        let samples = try samples(of: output, groundTruths, step)
        let count = samples.reduce(0) {
            $0 + max($1.positives.count, 1) + max($1.negatives.count, 1)
        }
        let options = LossOptions(averageFactor: Double(count))
        let boxes = try Tensor.cat(groundTruths.map(\.boxes), dim: 0)
        let device = boxes.device
        let levels = Chosen.levels(samples, groundTruths, output.anchors.map { $0.size(0) })
        let indices = try Tensor.from(levels.flatMap(\.lists), on: device)
        var (cls, bbox): ([Tensor], [Tensor]) = ([], [])
        for (level, anchors) in output.anchors.enumerated() {
            let own = indices[(4 * level)..<(4 * level + 4)].map { $0 }
            let positives = own[0]
            let negatives = own[1]
            let logits = try output.logits[level].flattened().indexed(
                0, Tensor.cat([positives, negatives], dim: 0))
            let target = try Tensor.cat(
                [
                    Tensor.ones([positives.count], device: device),
                    Tensor.zeros([negatives.count], device: device),
                ], dim: 0)
            cls.append(try lossCls(logits, target, options))
            let deltas = try output.deltas[level].reshaped([-1, 4]).indexed(0, positives)
            let answers = try coder.encode(
                anchors.indexed(0, own[2]), to: boxes.indexed(0, own[3]))
            bbox.append(try lossBbox(deltas, answers, options))
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

    /// What is sampled of each image, fetched together.
    private func samples(
        of output: Output, _ groundTruths: [InstanceTargets], _ step: ForwardPass
    ) throws -> [Sample] {
        let sampled = try groundTruths.enumerated().map { image, groundTruth in
            try sample(output, groundTruth, step, image: image)
        }
        let numbers = try Tensor.cat(sampled.flatMap { $0 }, dim: 0).integers().map(Int.init)
        var start = 0
        let lists = sampled.flatMap { $0 }.map { part in
            defer { start += part.count }
            return Array(numbers[start..<(start + part.count)])
        }
        return stride(from: 0, to: lists.count, by: 3).map {
            Sample(positives: lists[$0], negatives: lists[$0 + 1], groundTruths: lists[$0 + 2])
        }
    }

    /// The three lists of a `Sample` of an image, `[p]`, `[q]` and `[p]` int64.
    private func sample(
        _ output: Output, _ groundTruth: InstanceTargets, _ step: ForwardPass, image: Int
    )
        throws -> [Tensor]
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
        return try [
            usable.indexed(0, sample.positives), usable.indexed(0, sample.negatives),
            sample.groundTruthIndices,
        ]
    }

    /// The sampled anchors of a level, of all images.
    private struct Chosen {
        /// Places in the level's logits `[n · anchors]`.
        var (positives, negatives): ([Int64], [Int64]) = ([], [])
        /// For each positive the index of its anchor in the level, and of its object among those of
        /// the batch.
        var (anchors, groundTruths): ([Int64], [Int64]) = ([], [])

        var lists: [[Int64]] { [positives, negatives, anchors, groundTruths] }

        /// One for each level, of so many anchors.
        static func levels(
            _ samples: [Sample], _ groundTruths: [InstanceTargets], _ counts: [Int]
        ) -> [Chosen] {
            var start = 0
            return counts.map { count in
                defer { start += count }
                return Chosen(samples, groundTruths, level: start..<(start + count))
            }
        }

        init(_ samples: [Sample], _ groundTruths: [InstanceTargets], level: Range<Int>) {
            var firstGroundTruth = 0
            for (image, sample) in samples.enumerated() {
                let first = image * level.count - level.lowerBound
                for (place, groundTruth) in zip(sample.positives, sample.groundTruths)
                where level.contains(place) {
                    positives.append(Int64(first + place))
                    anchors.append(Int64(place - level.lowerBound))
                    self.groundTruths.append(Int64(firstGroundTruth + groundTruth))
                }
                negatives += sample.negatives.lazy.filter(level.contains).map { Int64(first + $0) }
                firstGroundTruth += groundTruths[image].boxes.size(0)
            }
        }
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
