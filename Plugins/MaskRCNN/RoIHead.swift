import DenseKitCore

/// The second stage: features of every proposed box are cut from the level that fits its size, and
/// the branches predict class, box and mask.
final class RoIHead: Module {
    let bboxHead: BoxHead
    let maskHead: MaskHead?
    let assigner: MaxIoUAssigner
    let sampler: RandomSampler

    init(_ settings: MaskRCNN.Configuration, channels: Int, _ context: BuildContext) throws {
        let strides = context.features.prefix(settings.roiLevels).map(\.stride)
        func extractor(_ size: Int) throws -> RoIExtractor {
            try SettingError.check("roi_size", size, in: 1...500)
            return try RoIExtractor(
                size: Size2D(size), strides: strides, finestScale: settings.finestScale,
                samplingRatio: settings.samplingRatio)
        }
        bboxHead = try SettingError.within("box") {
            try BoxHead(settings.box, channels: channels, extractor(settings.box.roiSize), context)
        }
        maskHead = try settings.mask.map { mask in
            try SettingError.within("mask") {
                try MaskHead(mask, channels: channels, extractor(mask.roiSize), context)
            }
        }
        assigner = try SettingError.within("box.assigner") { try settings.box.assigner.make() }
        sampler = try SettingError.within("box.sampler") {
            try settings.box.sampler.make(addsGroundTruth: true)
        }
    }

    /// The losses of both branches. A branch without a box to train on has a loss of 0, with a
    /// gradient of 0 for all its weights.
    ///
    /// - Parameter proposals: of each image, `[p, 4]`
    func losses(
        _ maps: [Tensor], _ proposals: [Tensor], _ groundTruths: [InstanceTargets],
        _ step: ForwardPass
    ) throws -> Losses {
        var samples: [BoxSample] = []
        for (image, (boxes, groundTruth)) in zip(proposals, groundTruths).enumerated() {
            let assignment = try assigner.assign(boxes, to: groundTruth)
            samples.append(
                try sampler.sample(
                    assignment, boxes: boxes, groundTruth: groundTruth,
                    randomSource: step.randomSource, purpose: "rcnn",
                    image: image))
            try step.record(samples[image], "rcnn", image: image)
        }
        var losses = try bboxHead.losses(maps, samples, groundTruths, step)
        if let maskHead {
            losses.add(term: "loss_mask", try maskHead.loss(maps, samples, groundTruths, step))
        }
        return losses
    }

    /// What is in each image.
    ///
    /// - Parameter proposals: of each image, `[p, 4]`
    func detections(_ maps: [Tensor], _ proposals: [Tensor], _ step: ForwardPass) throws
        -> [Detections]
    {
        var found = try bboxHead.detections(maps, proposals, step)
        guard let maskHead else { return found }
        let boxes = try zip(found, step.images).map { try Boxes.resized($0.boxes, by: $1.scale) }
        let masks = try maskHead.masks(maps, boxes, labels: found.map(\.labels), step)
        for image in found.indices { found[image].masks = masks[image] }
        return found
    }

    /// The layers alone, for 1000 boxes and 100 masks. (mmdetection's `forward_dummy`)
    func forwardShapes(_ maps: [Tensor]) throws {
        let channels = maps[0].size(1)
        let device = maps[0].device
        func cut(_ count: Int, _ extractor: RoIExtractor) throws -> Tensor {
            try Tensor.zeros(
                [count, channels, extractor.size.height, extractor.size.width], device: device)
        }
        _ = try bboxHead(cut(1000, bboxHead.extractor))
        if let maskHead { _ = try maskHead(cut(100, maskHead.extractor)) }
    }
}

extension Module {
    /// 0, from which every parameter below gets a gradient of 0: the loss of a branch that has
    /// nothing to train on.
    func zeroLoss() throws -> Tensor {
        let parameters = try namedParameters().map(\.tensor)
        return try parameters.reduce(
            Tensor.zeros([], device: parameters.first?.device ?? .standard)
        ) {
            try $0 + $1.flattened().selected(0, 0) * 0
        }
    }
}
