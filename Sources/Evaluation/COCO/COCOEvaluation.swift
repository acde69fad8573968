import DenseKitVision

/// Average precision and recall of detections as COCO measures them, equal to pycocotools' `COCOeval` with its standard settings.
///
/// Within each image and category detections are matched with things in the order of their scores, at ten thresholds of IoU and for four
/// ranges of areas apart; what lies in a crowd, or belongs to a thing of another range, counts neither for nor against. The 100 most certain
/// of an image and category take part. Scores that are equal keep the order in which they are given.
///
/// One oddity is kept, so that numbers agree: pycocotools takes the annotation number 0 for "no match", and counts whatever matches that
/// annotation as a false alarm. Number annotations from 1.
public struct COCOEvaluation: Sendable {
    /// What is compared.
    public enum Kind: String, CaseIterable, Sendable {
        case boxes = "bbox"
        case masks = "segm"
    }

    /// A thing in an image. Images and categories are named by their numbers in the data set.
    public struct Truth: Sendable {
        public var image: Int
        public var category: Int
        public var box: COCOBox
        /// What the data set says; it decides about small, medium and large.
        public var area: Double
        /// Any number of things, which nobody told apart.
        public var isCrowd: Bool
        /// The annotation's number.
        public var id: Int
        public var mask: RunLengthMask?

        public init(
            image: Int, category: Int, box: COCOBox, area: Double, isCrowd: Bool = false, id: Int, mask: RunLengthMask? = nil
        ) {
            self.image = image
            self.category = category
            self.box = box
            self.area = area
            self.isCrowd = isCrowd
            self.id = id
            self.mask = mask
        }
    }

    /// What a detector found. Images and categories are named by their numbers in the data set.
    public struct Detection: Sendable {
        public var image: Int
        public var category: Int
        public var score: Double
        public var box: COCOBox
        public var mask: RunLengthMask?
        /// Decides about small, medium and large; where it is nil, the box's area does, or the mask's where masks are compared.
        public var area: Double?

        public init(
            image: Int, category: Int, score: Double, box: COCOBox, mask: RunLengthMask? = nil, area: Double? = nil
        ) {
            self.image = image
            self.category = category
            self.score = score
            self.box = box
            self.mask = mask
            self.area = area
        }
    }

    public let kind: Kind
    /// The numbers of the categories, ascending; empty where categories are not told apart.
    public let categories: [Int]
    let truth: [Truth]
    let detections: [Detection]
    let groups: COCOGroups

    /// - Parameters:
    ///   - images: the numbers of the images to evaluate; what belongs to others is left out.
    ///   - categories: the numbers of the categories to evaluate; what belongs to others is left out.
    ///   - classAgnostic: take all of them for one category, as for proposals.
    /// - Throws: `COCOEvaluationError`: a score or box that is no number, a mask that is missing
    public init(
        images: [Int], categories: [Int], truth: [Truth], detections: [Detection], kind: Kind = .boxes,
        classAgnostic: Bool = false
    ) throws(COCOEvaluationError) {
        for (index, thing) in truth.enumerated() {
            guard thing.box.isFinite else { throw .box(.truth, index, thing.box) }
            guard kind == .boxes || thing.mask != nil else { throw .noMask(.truth, index) }
        }
        for (index, detection) in detections.enumerated() {
            guard detection.score.isFinite else { throw .score(index, detection.score) }
            guard detection.box.isFinite else { throw .box(.detection, index, detection.box) }
            guard kind == .boxes || detection.mask != nil else { throw .noMask(.detection, index) }
        }
        self.kind = kind
        self.truth = truth
        self.detections = detections
        let known = Set(categories).sorted()
        self.categories = classAgnostic ? [] : known
        let places = COCOGroups.Places(images: Set(images).sorted(), categories: known, mixesCategories: classAgnostic)
        groups = COCOGroups(
            truth: places.keys(truth.lazy.map { (image: $0.image, category: $0.category) }),
            detections: places.keys(detections.lazy.map { (image: $0.image, category: $0.category) }), places)
    }

    /// IoU of the detections of one image and category, in the order of their scores and 100 at most, with the things there in the order in
    /// which they were given, `[d][g]`. Where categories are not told apart, `category` is not looked at.
    public func ious(image: Int, category: Int) -> [[Double]] {
        guard let group = groups.group(image: image, category: category) else { return [] }
        let ordered = groups.detections[group.detections].sorted { detections[Int($0)].score > detections[Int($1)].score }
        return ordered.prefix(COCOScores.maximums[2]).map { detection in
            groups.truth[group.truth].map { iou(detections[Int(detection)], truth[Int($0)]) }
        }
    }

    private func iou(_ detection: Detection, _ thing: Truth) -> Double {
        switch kind {
        case .boxes: return detection.box.iou(with: thing.box, crowd: thing.isCrowd)
        case .masks:
            guard let mask = detection.mask, let other = thing.mask else { return 0 }
            return mask.iou(with: other, crowd: thing.isCrowd)
        }
    }
}

extension COCOBox {
    fileprivate var isFinite: Bool { x.isFinite && y.isFinite && width.isFinite && height.isFinite }
}

/// Why detections cannot be evaluated.
public enum COCOEvaluationError: DenseKitError, Equatable {
    /// Which of the two lists something stands in.
    public enum Side: String, Sendable {
        case truth = "thing"
        case detection
    }

    /// A score that is no number, and which detection has it.
    case score(Int, Double)
    /// A box with a coordinate that is no number, and whose it is.
    case box(Side, Int, COCOBox)
    /// Masks are compared, and this one has none.
    case noMask(Side, Int)

    public var origin: ErrorOrigin { .input }

    public var problem: String {
        switch self {
        case .score(let index, let score): "detection \(index) has the score \(score); expected a number"
        case .box(let side, let index, let box): "\(side.rawValue) \(index) has the box \(box); expected numbers"
        case .noMask(let side, let index):
            "\(side.rawValue) \(index) has no mask: evaluate boxes, or give every thing and every detection a mask"
        }
    }
}
