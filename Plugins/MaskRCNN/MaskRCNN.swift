import DenseKitCore

/// The head of the two-stage detector Mask R-CNN: a first network proposes boxes, a second one
/// predicts class, box and mask of each. (He et al. 2017; on a pyramid, as mmdetection 2.17 builds
/// it). Without masks it is Faster R-CNN (Ren et al. 2015).
///
/// Maps `[n, c, hᵢ, wᵢ]`, all with the same number of channels → the detections of each image.
public final class MaskRCNN: Module, CountableHead {
    let rpnHead: RPNHead
    let roiHead: RoIHead

    /// Empty: its parts have the keys `rpn_head` and `roi_head` of mmdetection.
    public let checkpointKey = ""
    /// Detection of boxes, with masks unless the mask branch is left out.
    public var task: any HeadTask { DetectionTask(masks: roiHead.maskHead != nil) }

    /// The sampled boxes: the losses are divided by their number in one pass, not in the whole
    /// global batch.
    public var countedByPass: String? { "the sampled boxes" }

    /// Builds the head for the levels of `context.features` and the classes of the data set.
    ///
    /// - Throws: `SettingError` for values out of range, without classes or levels, and for levels
    ///   of different channels.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let channels = try context.firstLevel().channels
        guard context.features.allSatisfy({ $0.channels == channels }) else {
            throw SettingError(
                "needs levels of one number of channels, found \(context.features.map(\.channels)): put a neck such as FPN before it"
            )
        }
        try context.requireClasses()
        try SettingError.check("roi_levels", configuration.roiLevels, in: 1...100)
        try SettingError.check("finest_scale", configuration.finestScale, above: 0, upTo: 1e6)
        try SettingError.check("sampling_ratio", configuration.samplingRatio, in: 0...64)
        rpnHead = try SettingError.within("rpn") {
            try RPNHead(configuration.rpn, channels: channels, context)
        }
        roiHead = try RoIHead(configuration, channels: channels, context)
        super.init()
        if configuration.initialization == .prior { try initializeByPrior() }
    }

    /// The losses of the proposals, `loss_rpn_cls` and `loss_rpn_bbox`, and of the second stage,
    /// `loss_cls`, `loss_bbox` and, with a mask branch, `loss_mask`; where the step wants metrics
    /// also `acc`, the percentage of sampled boxes that are classified correctly.
    ///
    /// - Parameters:
    ///   - maps: the pyramid, `[n, c, hᵢ, wᵢ]` each, finest first
    ///   - targets: of the batch, with boxes in pixels of the network's input
    ///   - step: the pass, with the sizes of the images
    /// - Throws: `TargetError.noInstances` for targets without boxes, `MaskRCNNError` for a mask
    ///   branch without masks to train on, and for another number of images than targets.
    public func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        guard let groundTruths = targets.instances else { throw TargetError.noInstances }
        let count = maps[0].size(0)
        guard groundTruths.count == count, step.images.count == count else {
            throw MaskRCNNError.otherImages(
                batch: count, groundTruths: groundTruths.count, geometries: step.images.count)
        }
        let proposed = try rpnHead(maps, step)
        var losses = try rpnHead.losses(proposed, groundTruths, step)
        losses.add(try roiHead.losses(maps, proposals(proposed, step), groundTruths, step))
        return losses
    }

    /// The detections of each image, in pixels of the original image, with masks where the head has
    /// a mask branch.
    ///
    /// - Parameters:
    ///   - maps: the pyramid, `[n, c, hᵢ, wᵢ]` each, finest first
    ///   - step: the pass, with the sizes and scales of the images
    /// - Returns: `DetectionPredictions`.
    /// - Throws: `MaskRCNNError` for another number of images in the pass than in the maps.
    public func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        guard step.images.count == maps[0].size(0) else {
            throw MaskRCNNError.otherImages(
                batch: maps[0].size(0), groundTruths: nil, geometries: step.images.count)
        }
        return DetectionPredictions(
            try roiHead.detections(maps, proposals(rpnHead(maps, step), step), step))
    }

    /// Runs all layers without anchors, decoding and suppression, the box branch on 1000 boxes and
    /// the mask branch on 100, as mmdetection's `forward_dummy` does.
    public func forwardShapes(_ maps: [Tensor], _ step: ForwardPass) throws {
        for map in maps { _ = try rpnHead.layers(map) }
        try roiHead.forwardShapes(maps)
    }

    private func proposals(_ output: RPNHead.Output, _ step: ForwardPass) throws -> [Tensor] {
        let found = try step.images.enumerated().map { image, geometry in
            try rpnHead.proposals(output, image: image, in: geometry.size)
        }
        try step.record(
            "proposals",
            Tensor.cat(
                found.map { try Tensor.cat([$0.boxes, $0.scores.unsqueezed(1)], dim: 1) }, dim: 0))
        return found.map(\.boxes)
    }

    /// mmdetection's initialization; the convolutions of the mask branch are built with theirs.
    private func initializeByPrior() throws {
        try withoutGrad {
            for conv in [rpnHead.rpnConv, rpnHead.rpnCls, rpnHead.rpnReg] {
                try conv.weight.normalInPlace(std: 0.01)
                try conv.bias?.fillInPlace(0)
            }
            let box = roiHead.bboxHead
            for layer in box.sharedFcs { try layer.weight.xavierUniformInPlace() }
            try box.fcCls.weight.normalInPlace(std: 0.01)
            try box.fcReg.weight.normalInPlace(std: 0.001)
            for layer in box.sharedFcs + [box.fcCls, box.fcReg] { try layer.bias?.fillInPlace(0) }
            guard let mask = roiHead.maskHead else { return }
            try mask.upsample.weight.kaimingNormalInPlace(.out)
            try mask.convLogits.weight.kaimingNormalInPlace(.out)
            for bias in [mask.upsample.bias, mask.convLogits.bias] { try bias?.fillInPlace(0) }
        }
    }
}

/// A batch that Mask R-CNN cannot be trained on or predict from.
public enum MaskRCNNError: DenseKitError {
    /// The head has a mask branch, and the targets have boxes alone.
    case noMasks
    /// The batch has `batch` images, but targets of `groundTruths` (nil in prediction) and the
    /// geometry of `geometries`.
    case otherImages(batch: Int, groundTruths: Int?, geometries: Int)

    public var origin: ErrorOrigin { .input }

    public var problem: String {
        switch self {
        case .noMasks:
            "Mask R-CNN is trained on masks, and this data set gives boxes alone: let it read masks (masks: true), or make the head a "
                + "Faster R-CNN by model.head.mask: null"
        case .otherImages(let batch, let groundTruths, let geometries):
            "Mask R-CNN was given a batch of \(batch) images, "
                + (groundTruths.map { "the instances of \($0) and " } ?? "")
                + "the geometry of \(geometries): all must be as many"
        }
    }
}

/// Registers the head `MaskRCNN` and brings a small detection demo.
public struct MaskRCNNPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.heads.register("MaskRCNN", MaskRCNN.init)
    }
}
