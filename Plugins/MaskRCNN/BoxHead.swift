import DenseKitCore

/// The branch of classes and boxes: what is in a proposed box, and how the object's own box differs
/// from it. (Girshick 2015; two shared layers as in Lin et al. 2017)
///
/// Cut-out features `[r, c, s, s]` → logits of the classes and of background, which is the last,
/// `[r, k + 1]`, and deltas `[r, 4k]`, or `[r, 4]` where the classes share a box.
final class BoxHead: Module {
    let sharedFcs: [Linear]
    let fcCls: Linear
    let fcReg: Linear
    let lossCls: any Loss
    let lossBbox: any Loss
    let extractor: RoIExtractor
    let coder: DeltaCoder
    let classes: Int
    let isClassAgnostic: Bool
    let filter: DetectionFilter

    init(
        _ settings: MaskRCNN.BoxBranch, channels: Int, _ extractor: RoIExtractor,
        _ context: BuildContext
    ) throws {
        try SettingError.check("layers", settings.layers, in: 0...100)
        try SettingError.check("channels", settings.channels, in: 1...65536)
        filter = try DetectionFilter(
            scoreThreshold: settings.scoreThreshold, nmsThreshold: settings.nmsThreshold,
            maxPerImage: settings.maxPerImage)
        let input = channels * settings.roiSize * settings.roiSize
        sharedFcs = try (0..<settings.layers).map {
            try Linear($0 == 0 ? input : settings.channels, settings.channels)
        }
        let width = settings.layers == 0 ? input : settings.channels
        classes = context.classCount
        isClassAgnostic = settings.classAgnostic
        fcCls = try Linear(width, classes + 1)
        fcReg = try Linear(width, settings.classAgnostic ? 4 : 4 * classes)
        var withBackground = context
        withBackground.classNames.append("background")
        lossCls = try withBackground.loss(settings.lossCls, for: .boxClasses)
        lossBbox = try context.loss(settings.lossBbox, for: .numbers)
        self.extractor = extractor
        coder = try DeltaCoder(stds: settings.stds)
    }

    func callAsFunction(_ features: Tensor) throws -> (logits: Tensor, deltas: Tensor) {
        var x = try features.flattened(from: 1)
        for layer in sharedFcs { x = try layer(x).relu() }
        return try (fcCls(x).to(.float32), fcReg(x).to(.float32))
    }

    /// What is in each image, in pixels of its file.
    ///
    /// - Parameter proposals: of each image, `[p, 4]`
    func detections(_ maps: [Tensor], _ proposals: [Tensor], _ step: ForwardPass) throws
        -> [Detections]
    {
        let regions = try Boxes.regions(proposals)
        let levels = FPNLevels(count: extractor.strides.count, finestScale: extractor.finestScale)
        let features = try extractor(maps, regions)
        let (logits, deltas) = try self(features)
        try step.record([
            "roi_levels": levels.levels(of: regions.narrowed(1, 1, 4)), "roi_feats": features,
            "roi_cls": logits, "roi_bbox": deltas,
        ])
        let scores = try logits.softmax(1)
        var start = 0
        return try zip(proposals, step.images).map { proposals, image in
            let count = proposals.size(0)
            defer { start += count }
            let boxes = try coder.decode(
                proposals, deltas.narrowed(0, start, count), in: image.size)
            return try filter(
                boxes: Boxes.restored(boxes, from: image.scale),
                scores: scores.narrowed(0, start, count))
        }
    }

    /// `loss_cls` and `loss_bbox`, both divided by all sampled boxes of the batch, and, where
    /// wanted, `acc`: how many of these are classified rightly, in percent.
    func losses(
        _ maps: [Tensor], _ samples: [BoxSample], _ groundTruths: [InstanceTargets],
        _ step: ForwardPass
    ) throws -> Losses {
        var losses = Losses()
        let regions = try Boxes.regions(samples.map { try $0.sampledBoxes() })
        guard regions.size(0) > 0 else {
            for name in ["loss_cls", "loss_bbox"] { losses.add(term: name, try zeroLoss()) }
            return losses
        }
        let (logits, deltas) = try self(extractor(maps, regions))
        let labels = try Tensor.cat(
            zip(samples, groundTruths).flatMap { try answers(for: $0, $1) }, dim: 0)
        let options = LossOptions(averageFactor: Double(regions.size(0)))
        losses.add(term: "loss_cls", try lossCls(logits, labels, options))
        if step.wantsMetrics {
            losses.add(
                metric: "acc",
                try withoutGrad { try logits.argmax(1).equals(labels).to(.float32).mean() * 100 })
        }
        let instances = try positives(samples, on: labels.device)
        let first = try Tensor.arange(
            to: Double(regions.size(0) * classes), step: Double(classes), device: labels.device)
        let own = isClassAgnostic ? instances : try (first + labels).indexed(0, instances)
        let targets = try zip(samples, groundTruths).map { sample, groundTruth in
            try coder.encode(
                sample.positiveBoxes(), to: groundTruth.boxes.indexed(0, sample.groundTruthIndices))
        }
        losses.add(
            term: "loss_bbox",
            try lossBbox(
                deltas.reshaped([-1, 4]).indexed(0, own), Tensor.cat(targets, dim: 0), options))
        return losses
    }

    /// The rows of the regions that are positives: of every image those before the negatives. `[p]`
    private func positives(_ samples: [BoxSample], on device: Device) throws -> Tensor {
        var start = 0
        let rows = try samples.map { sample in
            defer { start += sample.positives.count + sample.negatives.count }
            return try Tensor.arange(
                Double(start), to: Double(start + sample.positives.count), device: device)
        }
        return try Tensor.cat(rows, dim: 0)
    }

    /// For positives the classes of their objects, for negatives the background.
    private func answers(for sample: BoxSample, _ groundTruth: InstanceTargets) throws -> [Tensor] {
        let negatives = sample.negatives
        let background = try Tensor.full(
            [negatives.count], Double(classes), dtype: .int64, device: negatives.device)
        return [try groundTruth.labels.indexed(0, sample.groundTruthIndices), background]
    }
}
