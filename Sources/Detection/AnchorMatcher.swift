import DenseKitVision

/// Decides what the anchors of an image are to learn: `AnchorHead._get_targets_single` of mmdetection 2.17.
public struct AnchorMatcher: Sendable, Hashable {
    public var assigner: MaxIoUAssigner
    /// Chooses which anchors are learnt; nil where all are that the assigner does not ignore. The truth's own boxes are never added.
    public var sampler: RandomSampler?
    /// Nil to learn the truth's corners instead of deltas, for losses that compare boxes.
    public var coder: DeltaCoder?
    /// Pixels by which an anchor may reach over the picture's borders; nil for any.
    public var border: Double?

    public init(assigner: MaxIoUAssigner, sampler: RandomSampler? = nil, coder: DeltaCoder?, border: Double? = nil) {
        self.assigner = assigner
        self.sampler = sampler
        self.sampler?.addsTruth = false
        self.coder = coder
        self.border = border
    }

    /// Where no anchor is usable, nothing is learnt.
    ///
    /// - Parameters:
    ///   - anchors: of all levels, `[n, 4]`
    ///   - valid: those at valid positions, `[n]` bool (`AnchorGenerator.validFlags`)
    ///   - size: of the picture, without padding
    ///   - background: the index of no class
    ///   - foreground: the index that every truth has, for a head that tells things from background alone; nil for its class
    ///   - purpose: what the sampler draws for
    ///   - image: the image's place in the batch
    public func targets(
        _ anchors: Tensor, valid: Tensor, truth: InstanceTargets, in size: Size2D, background: Int, foreground: Int? = nil,
        draws: RandomSource, purpose: String, image: Int
    ) throws -> AnchorTargets {
        try withoutGrad {
            let count = anchors.size(0)
            let rows = try usable(anchors, valid: valid, in: size).nonzero().selected(1, 0)
            let boxes = rows.size(0) == count ? anchors : try anchors.indexed(0, rows)
            let assignment = try assigner.assign(boxes, to: truth)
            let (positive, negative) = try chosen(assignment, boxes, truth, draws, purpose, image)
            let learnt = try positive.or(negative).to(.float32)
            let own = try deltas(assignment, boxes, truth, positive)
            let weights = try positive.to(.float32).unsqueezed(1).expanded([rows.size(0), 4])
            /// Gives the anchors that are not usable their place back.
            func spread(_ values: Tensor, else value: Double) throws -> Tensor {
                guard rows.size(0) < count else { return values }
                let all = try Tensor.full([count] + values.shape.dropFirst(), value, dtype: values.dtype, device: values.device)
                return try all.replaced(0, rows, by: values)
            }
            return AnchorTargets(
                labels: try spread(labels(assignment, truth, positive, background, foreground), else: Double(background)),
                labelWeights: try spread(learnt, else: 0), boxes: try spread(own, else: 0),
                boxWeights: try spread(weights, else: 0), positiveCount: try total(positive), negativeCount: try total(negative))
        }
    }

    /// Anchors at valid positions that lie in the picture, but for `border` pixels. `[n, 4], [n] → [n]` bool
    public func usable(_ anchors: Tensor, valid: Tensor, in size: Size2D) throws -> Tensor {
        guard let border else { return valid }
        let (x1, y1, x2, y2) = try Boxes.corners(anchors)
        let begins = try x1.isAtLeast(-border).and(y1.isAtLeast(-border))
        let ends = try x2.isLess(than: Double(size.width) + border).and(y2.isLess(than: Double(size.height) + border))
        return try valid.and(begins).and(ends)
    }

    /// Which anchors are learnt as things, and which as background. `[n]` bool each
    private func chosen(
        _ assignment: Assignment, _ boxes: Tensor, _ truth: InstanceTargets, _ draws: RandomSource, _ purpose: String,
        _ image: Int
    ) throws -> (positive: Tensor, negative: Tensor) {
        guard let sampler else { return try (assignment.indices.isGreater(than: 0), assignment.indices.equals(0)) }
        let sample = try sampler.sample(assignment, boxes: boxes, truth: truth, draws: draws, purpose: purpose, image: image)
        func flags(_ rows: Tensor) throws -> Tensor {
            let none = try Tensor.zeros(assignment.indices.shape, dtype: .bool, device: rows.device)
            return try none.replaced(0, rows, by: Tensor.ones(rows.shape, dtype: .bool, device: rows.device))
        }
        return try (flags(sample.positives), flags(sample.negatives))
    }

    private func labels(
        _ assignment: Assignment, _ truth: InstanceTargets, _ positive: Tensor, _ background: Int, _ foreground: Int?
    ) throws -> Tensor {
        let none = try Tensor.full(positive.shape, Double(background), dtype: .int64, device: positive.device)
        if let foreground { return try none.masked(positive, with: Double(foreground)) }
        return try Tensor.where(positive, assignment.labels(of: truth), none)
    }

    /// What positives are to regress, 0 elsewhere. `[n, 4]`
    private func deltas(_ assignment: Assignment, _ boxes: Tensor, _ truth: InstanceTargets, _ positive: Tensor) throws -> Tensor
    {
        guard truth.boxes.size(0) > 0 else { return try Tensor.zeros(boxes.shape, device: boxes.device) }
        let own = try truth.boxes.indexed(0, assignment.truths())
        let all = try coder.map { try $0.encode(boxes, to: own) } ?? own
        return try all.masked(positive.not().unsqueezed(1), with: 0)
    }

    private func total(_ flags: Tensor) throws -> Int { Int(try flags.to(.int64).sum().item()) }
}

/// What the anchors of one image are to learn: class, and the way to their truth.
public struct AnchorTargets {
    /// Class index, that of the background where there is nothing. `[n]` int64
    public var labels: Tensor
    /// 1 where the class is learnt, 0 elsewhere. `[n]`
    public var labelWeights: Tensor
    /// The deltas (without a coder, the truth's corners) of positives, 0 elsewhere. `[n, 4]`
    public var boxes: Tensor
    /// 1 where they are learnt, 0 elsewhere. `[n, 4]`
    public var boxWeights: Tensor
    public var positiveCount: Int
    public var negativeCount: Int
}
