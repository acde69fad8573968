import DenseKitVision

/// What is odd about the annotations of images: of one, or of many put together.
struct AnnotationFindings: Sendable {
    /// What may be wrong with one annotation.
    enum Kind: Hashable, Sendable {
        /// Training passes over these.
        case ignored, normalized, flat, outside, noArea
        /// The box leaves its image.
        case leaving
        /// The box is wrong as `[x, y, width, height]` and right as corners.
        case corners
        /// The same of a box that its area alone gives away.
        case cornersByArea
        /// The segmentation lies elsewhere than the box.
        case away
        /// There is no mask to train on.
        case segmentation(SegmentationFault)
        /// Some polygons are left out, others stay.
        case partial

        static let inOrder: [Kind] =
            [
                .ignored, .normalized, .flat, .outside, .noArea, .corners, .cornersByArea, .leaving,
                .away,
            ]
            + SegmentationFault.inOrder.map { .segmentation($0) } + [.partial]
    }

    private(set) var total = 0
    private(set) var crowds = 0
    /// Those that training uses, and those that can be found when it is measured.
    private(set) var learnable = 0
    private(set) var measurable = 0
    /// Learnable ones with a mask.
    private(set) var masked = 0
    /// Learnable ones that are corners within the image, if that is what they are.
    private(set) var possibleCorners = 0
    private(set) var tallies: [Kind: FindingCount] = [:]

    init() {}

    /// Looks at what is annotated in one image.
    ///
    /// - Parameters:
    ///   - order: the image's place in the data set
    ///   - part: what the data set is used for: training and evaluation take different masks
    ///   - masks: whether the masks are drawn
    init(
        _ instances: [AnnotatedInstance], image: String, order: Int, _ size: Size2D,
        part: DatasetReport.Part = .training,
        masks: Bool
    ) {
        for instance in instances {
            total += 1
            func note(_ kind: Kind) {
                tallies[kind, default: FindingCount()].add(
                    "annotation \(instance.id) of image \(image)", order: order)
            }
            guard !instance.isCrowd else {
                crowds += 1
                continue
            }
            if let kind = instance.reasonToSkip(in: size) {
                note(kind)
                let hasSides = instance.box.width > 0 && instance.box.height > 0
                measurable +=
                    kind == .ignored || kind == .noArea || (kind == .flat && hasSides) ? 1 : 0
                continue
            }
            learnable += 1
            measurable += 1
            if instance.box.isInside(size, asCorners: true) { possibleCorners += 1 }
            let oddity = masks ? instance.maskOddity(in: size) : nil
            let isMasked =
                part == .training
                ? oddity == nil || oddity == .partial
                : instance.shapeProblem == nil && instance.shape?.measuredMask(in: size) != nil
            let hasMask = masks && isMasked
            masked += hasMask ? 1 : 0
            if let oddity { note(oddity) }
            // A mask that misses its box altogether is reported once.
            let oddities = instance.oddities(in: size)
            for kind in oddities where kind != .away || hasMask || !masks { note(kind) }
            if oddities == [.corners] { note(.cornersByArea) }
        }
    }

    mutating func add(_ other: AnnotationFindings) {
        total += other.total
        crowds += other.crowds
        learnable += other.learnable
        measurable += other.measurable
        masked += other.masked
        possibleCorners += other.possibleCorners
        for (kind, tally) in other.tallies { tallies[kind, default: FindingCount()].add(tally) }
    }

    func count(_ kind: Kind) -> Int { tallies[kind]?.count ?? 0 }

    /// Whether the boxes of the whole set seem to be corners: nearly all could be, and many are
    /// wrong otherwise.
    var areCorners: Bool {
        count(.corners) * 5 >= learnable && possibleCorners * 10 >= learnable * 9
            && count(.corners) > 0
    }
}

extension SegmentationFault {
    static let inOrder: [SegmentationFault] = [
        .missing, .box, .corners, .odd, .coordinate, .normalized, .size, .runLengths, .outside,
        .away,
    ]
}

extension AnnotatedInstance {
    /// Why training passes over it; nil where it does not.
    fileprivate func reasonToSkip(in size: Size2D) -> AnnotationFindings.Kind? {
        if isIgnored { return .ignored }
        let numbers = [box.x, box.y, box.width, box.height]
        if numbers.allSatisfy({ (0...1).contains($0) }), box.area > 0 { return .normalized }
        if box.width < 1 || box.height < 1 { return .flat }
        if !box.overlapsImage(of: size) { return .outside }
        return area > 0 ? nil : .noArea
    }

    /// What is odd about its box.
    fileprivate func oddities(in size: Size2D) -> [AnnotationFindings.Kind] {
        var kinds: [AnnotationFindings.Kind] = []
        if !box.isInside(size, asCorners: false) { kinds.append(.leaving) }
        let outline = shape?.outline(in: size)
        if let outline, !outline.agrees(with: box) { kinds.append(.away) }
        if !kinds.isEmpty || areaSaysCorners, box.isInside(size, asCorners: true),
            outline?.agrees(with: box.fromCorners) ?? true
        {
            kinds.append(.corners)
        }
        return kinds
    }

    /// Whether its area is that of the box as corners, and not as sides.
    private var areaSaysCorners: Bool {
        abs(area - box.fromCorners.area) <= 0.01 * area && abs(area - box.area) > 0.1 * area
    }

    /// What is wrong with its mask.
    fileprivate func maskOddity(in size: Size2D) -> AnnotationFindings.Kind? {
        guard shapeProblem == nil else { return .segmentation(.runLengths) }
        guard let shape else { return .segmentation(.missing) }
        let corners = BoundingBox(
            x1: Float(box.x), y1: Float(box.y), x2: Float(box.x + box.width),
            y2: Float(box.y + box.height))
        do {
            _ = try shape.learnableMask(in: size, box: corners)
        } catch {
            return .segmentation(error)
        }
        guard case .polygons(let polygons) = shape else { return nil }
        return polygons.allSatisfy { $0.count.isMultiple(of: 2) && $0.count >= 6 } ? nil : .partial
    }
}

extension SampleInstance.Shape {
    /// The rectangle around the polygons or the pixels; nil where that gives no information about
    /// the box.
    fileprivate func outline(in size: Size2D) -> COCOBox? {
        switch self {
        case .runLengths(let mask):
            return mask.size == size && mask.area > 0 ? mask.boundingBox : nil
        case .polygons(let polygons):
            let usable = polygons.filter { $0.count >= 6 }.joined().enumerated()
            // Polygons of an odd number of coordinates would exchange x and y of those behind them.
            guard polygons.allSatisfy({ $0.count.isMultiple(of: 2) }) else { return nil }
            let xs = usable.filter { $0.offset % 2 == 0 }.map(\.element)
            let ys = usable.filter { $0.offset % 2 == 1 }.map(\.element)
            guard let left = xs.min(), let right = xs.max(), let top = ys.min(),
                let bottom = ys.max()
            else { return nil }
            return COCOBox(x: left, y: top, width: right - left, height: bottom - top)
        }
    }
}

extension COCOBox {
    /// Whether it lies in an image of `size`, a pixel over the edge allowed; `asCorners` takes
    /// width and height for the second corner.
    fileprivate func isInside(_ size: Size2D, asCorners: Bool) -> Bool {
        let box = asCorners ? fromCorners : self
        return box.width > 0 && box.height > 0 && box.x >= -1 && box.y >= -1
            && box.x + box.width <= Double(size.width) + 1
            && box.y + box.height <= Double(size.height) + 1
    }

    /// The rectangle whose second corner is written in place of width and height.
    fileprivate var fromCorners: COCOBox {
        COCOBox(x: x, y: y, width: width - x, height: height - y)
    }

    /// Whether it is about the same: each side within two pixels, or an IoU of a half.
    fileprivate func agrees(with box: COCOBox) -> Bool {
        let distances = [
            x - box.x, y - box.y, x + width - box.x - box.width, y + height - box.y - box.height,
        ]
        return distances.allSatisfy { abs($0) <= 2 } || iou(with: box) >= 0.5
    }
}
