import DenseKitVision

/// Computes the training targets of an image's anchors: `AnchorHead._get_targets_single` of
/// mmdetection 2.17.
public struct AnchorMatcher: Sendable, Hashable {
    /// Assigns each anchor to an instance, to the background, or to neither.
    public var assigner: MaxIoUAssigner
    /// Chooses the anchors that enter the loss; nil for all anchors that the assigner does not
    /// ignore. Ground-truth boxes are never added to the candidates.
    public var sampler: RandomSampler?
    /// Encodes the regression targets as deltas; nil for targets that are corners in pixels, for
    /// losses that compare boxes.
    public var coder: DeltaCoder?
    /// Pixels by which an anchor may reach beyond the image and still be used; nil for no limit.
    public var border: Double?

    /// A matcher; `addsGroundTruth` of the sampler is set to false.
    public init(
        assigner: MaxIoUAssigner, sampler: RandomSampler? = nil, coder: DeltaCoder?,
        border: Double? = nil
    ) {
        self.assigner = assigner
        self.sampler = sampler
        self.sampler?.addsGroundTruth = false
        self.coder = coder
        self.border = border
    }

    /// The targets of one image's anchors. Anchors that are not usable get weight 0; where none is
    /// usable, nothing enters the loss.
    ///
    /// - Parameters:
    ///   - anchors: corners in pixels, all levels together, `[n, 4]`
    ///   - valid: which of them are at valid positions, `[n]` bool (`AnchorGenerator.validFlags`)
    ///   - groundTruth: the ground truth of the image
    ///   - size: of the image, without padding
    ///   - background: class index of the background
    ///   - foreground: class index of every instance, for a head that only separates objects from
    ///     background; nil for the instance's own class
    ///   - randomSource: random numbers for the sampler
    ///   - purpose: name of the sampler's random numbers
    ///   - image: index of the image in the batch
    public func targets(
        _ anchors: Tensor, valid: Tensor, groundTruth: InstanceTargets, in size: Size2D,
        background: Int,
        foreground: Int? = nil,
        randomSource: RandomSource, purpose: String, image: Int
    ) throws -> AnchorTargets {
        try withoutGrad {
            let count = anchors.size(0)
            let rows = try usable(anchors, valid: valid, in: size).nonzero().selected(1, 0)
            let boxes = rows.size(0) == count ? anchors : try anchors.indexed(0, rows)
            let assignment = try assigner.assign(boxes, to: groundTruth)
            let (positive, negative) = try chosen(
                assignment, boxes, groundTruth, randomSource, purpose, image)
            let trained = try positive.or(negative).to(.float32)
            let own = try deltas(assignment, boxes, groundTruth, positive)
            let weights = try positive.to(.float32).unsqueezed(1).expanded([rows.size(0), 4])
            /// Gives the anchors that are not usable their place back.
            func spread(_ values: Tensor, else value: Double) throws -> Tensor {
                guard rows.size(0) < count else { return values }
                let all = try Tensor.full(
                    [count] + values.shape.dropFirst(), value, dtype: values.dtype,
                    device: values.device)
                return try all.replaced(0, rows, by: values)
            }
            let counts = try Tensor.items([positive, negative].map { try $0.to(.int64).sum() })
            return try AnchorTargets(
                labels: spread(
                    labels(assignment, groundTruth, positive, background, foreground),
                    else: Double(background)),
                labelWeights: spread(trained, else: 0), boxes: spread(own, else: 0),
                boxWeights: spread(weights, else: 0), positiveCount: Int(counts[0]),
                negativeCount: Int(counts[1]))
        }
    }

    /// Which anchors are valid and reach at most `border` pixels beyond the image.
    /// `[n, 4], [n] → [n]` bool
    ///
    /// - Parameters:
    ///   - anchors: corners in pixels, `[n, 4]`
    ///   - valid: whether each anchor's cell lies in the image, `[n]` bool
    ///   - size: of the image, without padding
    public func usable(_ anchors: Tensor, valid: Tensor, in size: Size2D) throws -> Tensor {
        guard let border else { return valid }
        let (x1, y1, x2, y2) = try Boxes.corners(anchors)
        let begins = try x1.isAtLeast(-border).and(y1.isAtLeast(-border))
        let ends = try x2.isLess(than: Double(size.width) + border).and(
            y2.isLess(than: Double(size.height) + border))
        return try valid.and(begins).and(ends)
    }

    /// Which anchors enter the loss as positives, and which as background. `[n]` bool each
    private func chosen(
        _ assignment: BoxAssignment, _ boxes: Tensor, _ groundTruth: InstanceTargets,
        _ randomSource: RandomSource,
        _ purpose: String,
        _ image: Int
    ) throws -> (positive: Tensor, negative: Tensor) {
        guard let sampler else {
            return try (assignment.indices.isGreater(than: 0), assignment.indices.equals(0))
        }
        let sample = try sampler.sample(
            assignment, boxes: boxes, groundTruth: groundTruth, randomSource: randomSource,
            purpose: purpose, image: image)
        func flags(_ rows: Tensor) throws -> Tensor {
            let none = try Tensor.zeros(assignment.indices.shape, dtype: .bool, device: rows.device)
            return try none.replaced(
                0, rows, by: Tensor.ones(rows.shape, dtype: .bool, device: rows.device))
        }
        return try (flags(sample.positives), flags(sample.negatives))
    }

    private func labels(
        _ assignment: BoxAssignment, _ groundTruth: InstanceTargets, _ positive: Tensor,
        _ background: Int,
        _ foreground: Int?
    ) throws -> Tensor {
        let none = try Tensor.full(
            positive.shape, Double(background), dtype: .int64, device: positive.device)
        if let foreground { return try none.masked(positive, with: Double(foreground)) }
        return try Tensor.where(positive, assignment.labels(of: groundTruth), none)
    }

    /// Regression targets of positives, 0 elsewhere. `[n, 4]`
    private func deltas(
        _ assignment: BoxAssignment, _ boxes: Tensor, _ groundTruth: InstanceTargets,
        _ positive: Tensor
    ) throws -> Tensor {
        guard groundTruth.boxes.size(0) > 0 else {
            return try Tensor.zeros(boxes.shape, device: boxes.device)
        }
        let own = try groundTruth.boxes.indexed(0, assignment.groundTruths())
        let all = try coder.map { try $0.encode(boxes, to: own) } ?? own
        return try all.masked(positive.not().unsqueezed(1), with: 0)
    }
}

/// Training targets of the anchors of one image: class, box and the weights of both in the loss.
public struct AnchorTargets {
    /// Class index of the assigned instance, the background's index for all other anchors. `[n]`
    /// int64
    public var labels: Tensor
    /// 1 where the classification enters the loss, 0 elsewhere. `[n]`
    public var labelWeights: Tensor
    /// Regression targets of positive anchors, 0 elsewhere: deltas, or corners in pixels where the
    /// matcher has no coder. `[n, 4]`
    public var boxes: Tensor
    /// 1 for all four numbers of a positive anchor, 0 elsewhere. `[n, 4]`
    public var boxWeights: Tensor
    /// Number of anchors whose target is an instance.
    public var positiveCount: Int
    /// Number of anchors whose target is the background.
    public var negativeCount: Int
}
