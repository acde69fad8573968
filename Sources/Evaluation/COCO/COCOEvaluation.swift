import DenseKitVision

/// Average precision and recall of detections as COCO measures them, equal to pycocotools'
/// `COCOeval` with its standard settings.
///
/// Detections are matched with annotated objects per image and category, the highest score first,
/// at ten IoU thresholds and for four area ranges. Detections that lie in a crowd, or match an
/// object outside of the area range, are ignored: they count neither as right nor as wrong. At most
/// 100 detections per image and category are used. Detections with equal scores keep the order in
/// which they are given.
///
/// One oddity of pycocotools is reproduced, so that numbers agree: it takes annotation id 0 for "no
/// match", and counts whatever matches that annotation as a false positive. Number annotations from
/// 1.
public struct COCOEvaluation: Sendable {
    /// Which regions are compared by IoU.
    public enum Kind: String, CaseIterable, Sendable {
        /// Bounding boxes.
        case boxes = "bbox"
        /// Instance masks.
        case masks = "segm"
    }

    /// An annotated object of the ground truth. Images and categories are named by their ids in the
    /// data set.
    public struct GroundTruth: Sendable {
        /// The image's id in the data set.
        public var image: Int
        /// The category's id in the data set.
        public var category: Int
        /// The bounding box, in pixels.
        public var box: COCOBox
        /// The annotation's area in square pixels. It decides whether the object is small, medium
        /// or large (`COCOScores.Area`).
        public var area: Double
        /// Whether the region holds any number of objects that are not distinguished (`iscrowd`).
        public var isCrowd: Bool
        /// The annotation's id in the data set.
        public var id: Int
        /// The object's mask, of the image's size; needed only to compare masks.
        public var mask: RunLengthMask?

        /// An annotated object.
        ///
        /// - Parameters:
        ///   - image: the id of its image
        ///   - category: the id of its category
        ///   - box: in pixels
        ///   - area: in square pixels, as the data set gives it
        ///   - isCrowd: whether it is a crowd region, which detections may fall into
        ///   - id: of the annotation
        ///   - mask: of the image's size; needed only to compare masks
        public init(
            image: Int, category: Int, box: COCOBox, area: Double, isCrowd: Bool = false, id: Int,
            mask: RunLengthMask? = nil
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

    /// A detected object. Images and categories are named by their ids in the data set.
    public struct Detection: Sendable {
        /// The image's id in the data set.
        public var image: Int
        /// The category's id in the data set.
        public var category: Int
        /// The confidence; any finite number, a higher one ranks first.
        public var score: Double
        /// The bounding box, in pixels.
        public var box: COCOBox
        /// The predicted mask, of the image's size; needed only to compare masks.
        public var mask: RunLengthMask?
        /// The area in square pixels by which the detection is small, medium or large. Nil takes
        /// the box's area, or the mask's area where masks are compared.
        public var area: Double?

        /// A detected object.
        ///
        /// - Parameters:
        ///   - image: the id of its image
        ///   - category: the id of its category
        ///   - score: detections are ranked by it
        ///   - box: in pixels
        ///   - mask: of the image's size; needed only to compare masks
        ///   - area: in square pixels; nil takes the area of the box, or of the mask where masks
        ///     are compared
        public init(
            image: Int, category: Int, score: Double, box: COCOBox, mask: RunLengthMask? = nil,
            area: Double? = nil
        ) {
            self.image = image
            self.category = category
            self.score = score
            self.box = box
            self.mask = mask
            self.area = area
        }
    }

    /// Which regions are compared: boxes or masks.
    public let kind: Kind
    /// The ids of the evaluated categories, ascending; empty where categories are not
    /// distinguished.
    public let categories: [Int]
    let groundTruth: [GroundTruth]
    let detections: [Detection]
    let groups: COCOGroups

    /// Checks and groups annotations and detections; `scores(threads:)` evaluates them.
    ///
    /// - Parameters:
    ///   - images: the ids of the images to evaluate; annotations and detections of other images
    ///     are left out.
    ///   - categories: the ids of the categories to evaluate; annotations and detections of others
    ///     are left out.
    ///   - groundTruth: the annotated objects
    ///   - detections: the detected objects
    ///   - kind: whether boxes or masks are compared
    ///   - classAgnostic: whether all categories count as one, as for proposals.
    /// - Throws: `COCOEvaluationError` for a score or a box that is not finite, and for a missing
    ///   mask.
    public init(
        images: [Int], categories: [Int], groundTruth: [GroundTruth], detections: [Detection],
        kind: Kind = .boxes,
        classAgnostic: Bool = false
    ) throws(COCOEvaluationError) {
        for (index, instance) in groundTruth.enumerated() {
            guard instance.box.isFinite else { throw .box(.groundTruth, index, instance.box) }
            guard kind == .boxes || instance.mask != nil else { throw .noMask(.groundTruth, index) }
        }
        for (index, detection) in detections.enumerated() {
            guard detection.score.isFinite else { throw .score(index, detection.score) }
            guard detection.box.isFinite else { throw .box(.detection, index, detection.box) }
            guard kind == .boxes || detection.mask != nil else { throw .noMask(.detection, index) }
        }
        self.kind = kind
        self.groundTruth = groundTruth
        self.detections = detections
        let known = Set(categories).sorted()
        self.categories = classAgnostic ? [] : known
        let places = COCOGroups.Places(
            images: Set(images).sorted(), categories: known, mixesCategories: classAgnostic)
        groups = COCOGroups(
            groundTruth: places.keys(
                groundTruth.lazy.map { (image: $0.image, category: $0.category) }),
            detections: places.keys(
                detections.lazy.map { (image: $0.image, category: $0.category) }), places)
    }

    /// The IoU matrix of one image and category, `[d][g]`: at most 100 detections, the highest
    /// score first, against the annotated objects in the order given. For a crowd, IoU is the share
    /// of the detection that lies in it. `category` is ignored where categories are not
    /// distinguished.
    public func ious(image: Int, category: Int) -> [[Double]] {
        guard let group = groups.group(image: image, category: category) else { return [] }
        let ordered = groups.detections[group.detections].sorted {
            detections[Int($0)].score > detections[Int($1)].score
        }
        return ordered.prefix(COCOScores.maximums[2]).map { detection in
            groups.groundTruth[group.groundTruth].map {
                iou(detections[Int(detection)], groundTruth[Int($0)])
            }
        }
    }

    private func iou(_ detection: Detection, _ instance: GroundTruth) -> Double {
        switch kind {
        case .boxes: return detection.box.iou(with: instance.box, crowd: instance.isCrowd)
        case .masks:
            guard let mask = detection.mask, let other = instance.mask else { return 0 }
            return mask.iou(with: other, crowd: instance.isCrowd)
        }
    }
}

extension COCOBox {
    fileprivate var isFinite: Bool { x.isFinite && y.isFinite && width.isFinite && height.isFinite }
}

/// Why detections cannot be evaluated.
public enum COCOEvaluationError: DenseKitError, Equatable {
    /// The list that a faulty entry belongs to.
    public enum Side: String, Sendable {
        /// The annotated objects.
        case groundTruth = "instance"
        /// The detections.
        case detection
    }

    /// The index of a detection, and its score, which is not finite.
    case score(Int, Double)
    /// The list, the index in it, and a box with a coordinate that is not finite.
    case box(Side, Int, COCOBox)
    /// The list and the index of an entry without a mask, where masks are compared.
    case noMask(Side, Int)

    public var origin: ErrorOrigin { .input }

    public var problem: String {
        switch self {
        case .score(let index, let score):
            "detection \(index) has the score \(score); expected a number"
        case .box(let side, let index, let box):
            "\(side.rawValue) \(index) has the box \(box); expected numbers"
        case .noMask(let side, let index):
            "\(side.rawValue) \(index) has no mask: evaluate boxes, or give every instance and every detection a mask"
        }
    }
}
