/// A head that classifies every position: the shared part of Semantic FPN, FCN, UPerNet and their
/// like.
public protocol SegmentationHead: Head {
    /// The embedding of every position from which `classify` makes logits, `[n, c, h, w]`.
    func embedding(_ maps: [Tensor]) throws -> Tensor

    /// Logits of positions, each by itself: `[n, c, h, w] → [n, k, h, w]`.
    func classify(_ embedding: Tensor) throws -> Tensor

    /// The loss that compares the resized logits with the labels.
    var loss: any Loss { get }
}

/// A segmentation head whose classifier is a convolution, mmsegmentation's `conv_seg`: Semantic
/// FPN, FCN and UPerNet.
public protocol ConvSegHead: SegmentationHead {
    /// The classifier, a 1×1 convolution: `[n, c, h, w] → [n, k, h, w]`.
    var convSeg: Conv2d { get }
}

extension ConvSegHead {
    /// The logits of every position by the classifier `convSeg`: `[n, c, h, w] → [n, k, h, w]`.
    public func classify(_ embedding: Tensor) throws -> Tensor { try convSeg(embedding) }
}

extension SegmentationHead {
    /// `decode_head`, as in mmsegmentation.
    public var checkpointKey: String { "decode_head" }

    /// `SegmentationTask`.
    public var task: any HeadTask { SegmentationTask() }
    /// `decode`, as in mmsegmentation.
    public var logPrefix: String? { "decode" }

    /// The loss of the head's logits, resized bilinearly to the labels as in mmsegmentation, and
    /// the metric `acc_seg` where the pass wants metrics.
    ///
    /// - Throws: `TargetError.noLabels` for a batch without label maps.
    public func losses(_ maps: [Tensor], _ targets: Targets, _ step: ForwardPass) throws -> Losses {
        try segmentationLosses(classify(embedding(maps)), loss: loss, targets, step)
    }

    /// The embedding of every position with `classify`; the logits are not computed yet.
    public func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        SegmentationPredictions(embedding: try embedding(maps), classify: classify)
    }
}

/// The loss of logits `[n, k, h, w]`, resized bilinearly to the labels, and, where the pass wants
/// metrics, the metric `acc_seg`: the accuracy in percent of all pixels.
///
/// - Throws: `TargetError.noLabels` for a batch without label maps.
public func segmentationLosses(
    _ logits: Tensor, loss: any Loss, _ targets: Targets, _ step: ForwardPass
) throws -> Losses {
    guard let labels = targets.labels else { throw TargetError.noLabels }
    let options = LossOptions(
        ignoreIndex: targets.ignoreIndex, labelledPixels: targets.labelledPixels)
    var losses = Losses()
    if let loss = loss as? any ResizingLoss, logits.device == .cpu {
        losses.add(term: loss.name, try loss.resizing(logits, to: labels, options))
    } else {
        losses.add(term: loss.name, try loss(upsampled(logits, labels), labels, options))
    }
    if step.wantsMetrics { losses.add(metric: "acc_seg", try pixelAccuracy(logits, labels)) }
    return losses
}

/// Logits at the labels' size. Softmax over the channels of a channels-last map is 2–3 times
/// slower; resizing is faster there.
private func upsampled(_ logits: Tensor, _ labels: Tensor) throws -> Tensor {
    try logits.to(.float32).interpolated(to: Size2D(labels.size(1), labels.size(2)), .bilinear())
        .contiguous()
}

/// Percent of all pixels, ignored ones included, whose largest logit is the label's:
/// mmsegmentation's `acc_seg`.
private func pixelAccuracy(_ logits: Tensor, _ labels: Tensor) throws -> Tensor {
    try withoutGrad {
        try upsampled(logits, labels).argmax(1).equals(labels).to(.float32).mean() * 100
    }
}

/// Thrown for a batch without the targets that a head is trained on.
public enum TargetError: DenseKitError {
    /// A segmentation head was given a data set without label maps.
    case noLabels
    /// A detection head was given a data set without instances.
    case noInstances

    public var origin: ErrorOrigin { .input }

    public var problem: String {
        switch self {
        case .noLabels: "a segmentation head needs label maps, and this data set has none"
        case .noInstances:
            "a detection head needs the boxes of instances, and this data set has none"
        }
    }
}
