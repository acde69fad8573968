import DenseKitCore

/// The branch of masks: which parts of a box belong to the object. (He et al. 2017, section 3)
///
/// Cut-out features `[r, c, s, s]` → logits `[r, k, 2s, 2s]`, or `[r, 1, 2s, 2s]` where the classes
/// share a mask.
final class MaskHead: Module {
    let convs: [ConvModule]
    let upsample: ConvTranspose2d
    let convLogits: Conv2d
    let loss: any Loss
    let extractor: RoIExtractor
    let targets: MaskTargets
    let isClassAgnostic: Bool

    init(
        _ settings: MaskRCNN.MaskBranch, channels: Int, _ extractor: RoIExtractor,
        _ context: BuildContext
    ) throws {
        try SettingError.check("convs", settings.convs, in: 0...100)
        try SettingError.check("channels", settings.channels, in: 1...65536)
        convs = try (0..<settings.convs).map { index in
            try ConvModule(
                index == 0 ? channels : settings.channels, settings.channels, kernel: 3, padding: 1,
                norm: false)
        }
        upsample = try ConvTranspose2d(
            settings.convs == 0 ? channels : settings.channels, settings.channels, kernel: 2,
            stride: 2)
        convLogits = try Conv2d(
            settings.channels, settings.classAgnostic ? 1 : context.classCount, kernel: 1)
        loss = try context.loss(settings.loss, for: .yesOrNo)
        self.extractor = extractor
        targets = try MaskTargets(size: Size2D(2 * settings.roiSize))
        isClassAgnostic = settings.classAgnostic
    }

    func callAsFunction(_ features: Tensor) throws -> Tensor {
        var x = features
        for conv in convs { x = try conv(x) }
        return try convLogits(upsample(x).reluInPlace()).to(.float32)
    }

    /// The probability of each position of a box to belong to its instance: `[d, 2s, 2s]` for each
    /// image.
    ///
    /// - Parameters:
    ///   - boxes: of each image, in pixels of the batch, `[d, 4]`
    ///   - labels: their classes, `[d]`
    func masks(_ maps: [Tensor], _ boxes: [Tensor], labels: [Tensor], _ step: ForwardPass) throws
        -> [Tensor]
    {
        let regions = try Boxes.regions(boxes)
        guard regions.size(0) > 0 else {
            return try boxes.map {
                try Tensor.zeros([0, targets.size.height, targets.size.width], device: $0.device)
            }
        }
        let logits = try logits(maps, regions, Tensor.cat(labels, dim: 0))
        try step.record("mask_logits", logits)
        let masks = try logits.sigmoid()
        var start = 0
        return try boxes.map { boxes in
            defer { start += boxes.size(0) }
            return try masks.narrowed(0, start, boxes.size(0))
        }
    }

    /// The loss of the sampled positives; 0 where there is none.
    ///
    /// Throws `MaskRCNNError` where the ground truth of one has no masks.
    func loss(
        _ maps: [Tensor], _ samples: [BoxSample], _ groundTruths: [InstanceTargets],
        _ step: ForwardPass
    ) throws -> Tensor {
        let regions = try Boxes.regions(samples.map { try $0.positiveBoxes() })
        guard regions.size(0) > 0 else { return try zeroLoss() }
        var (masks, labels): ([Tensor], [Tensor]) = ([], [])
        for (sample, groundTruth) in zip(samples, groundTruths) where sample.positives.count > 0 {
            guard let all = groundTruth.masks else { throw MaskRCNNError.noMasks }
            masks.append(
                try targets(
                    all, boxes: sample.positiveBoxes(),
                    groundTruthIndices: sample.groundTruthIndices))
            labels.append(try groundTruth.labels.indexed(0, sample.groundTruthIndices))
        }
        let target = try Tensor.cat(masks, dim: 0)
        try step.record("rcnn.mask_targets", target)
        let logits = try logits(maps, regions, Tensor.cat(labels, dim: 0))
        return try loss(logits, target, LossOptions(averageFactor: Double(target.count)))
    }

    /// Of every region the mask of its class. `[r, 5], [r] → [r, 2s, 2s]`
    private func logits(_ maps: [Tensor], _ regions: Tensor, _ labels: Tensor) throws -> Tensor {
        let all = try self(extractor(maps, regions))
        guard !isClassAgnostic else { return try all.squeezed(1) }
        let r = all.size(0)
        let classes = all.size(1)
        let height = all.size(2)
        let width = all.size(3)
        let own =
            try Tensor.arange(to: Double(r * classes), step: Double(classes), device: labels.device)
            + labels
        return try all.reshaped([r * classes, height, width]).indexed(0, own)
    }
}
