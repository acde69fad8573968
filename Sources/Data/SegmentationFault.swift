import DenseKitErrors
import DenseKitVision

/// Why an annotation's segmentation gives no mask to train on.
public enum SegmentationFault: DenseKitError, Hashable {
    /// There is no segmentation, or it is null or an empty list.
    case missing
    /// There are four numbers, which are a box, instead of a polygon.
    case box
    /// Polygons of fewer than three corners.
    case corners
    /// Polygons with an odd number of coordinates.
    case odd
    /// A coordinate that is no number, or is far outside of any image.
    case coordinate
    /// All coordinates lie in 0…1, but the box is larger: they were divided by the sides of the
    /// image.
    case normalized
    /// Run lengths of another size than the image.
    case size
    /// Run lengths that are no mask.
    case runLengths
    /// No pixel of the image is covered.
    case outside
    /// No pixel of the annotation's box is covered.
    case away

    public var problem: String { "the annotation has \(words)" }
    public var origin: ErrorOrigin { .input }

    /// What such an annotation has, for a sentence that begins with a number of annotations.
    var words: String {
        switch self {
        case .missing: "no segmentation"
        case .box: "a segmentation of four numbers, a box, where a polygon is wanted"
        case .corners: "polygons of fewer than three corners"
        case .odd: "polygons with an odd number of coordinates"
        case .coordinate: "polygons with coordinates that are no pixels"
        case .normalized:
            "polygons within 0…1, as if divided by the sides of the image; pixels are wanted"
        case .size: "run lengths of another size than the image"
        case .runLengths: "run lengths that are no mask"
        case .outside: "a segmentation that covers no pixel of the image"
        case .away: "a segmentation that covers no pixel of the box"
        }
    }
}

extension SampleInstance.Shape {
    /// The mask to train on, in an image of `size`.
    ///
    /// mmdetection's rule (`LoadAnnotations._process_masks`): polygons with an odd number of
    /// coordinates, or fewer than six, are left out; without any other there is no mask. In
    /// addition, a mask that covers no pixel of the image or of `box` is refused, on which
    /// mmdetection would train as an empty mask.
    /// - Throws: `SegmentationFault` where there is no such mask.
    public func learnableMask(in size: Size2D, box: BoundingBox) throws(SegmentationFault)
        -> RunLengthMask
    {
        let mask: RunLengthMask
        switch self {
        case .runLengths(let runs):
            guard runs.size == size else { throw .size }
            mask = runs
        case .polygons(let polygons):
            let usable = polygons.filter { $0.count.isMultiple(of: 2) && $0.count >= 6 }
            guard !usable.isEmpty else { throw Self.fault(of: polygons) }
            guard !Self.isNormalized(usable, box) else { throw .normalized }
            do {
                mask = try RunLengthMask(polygons: usable, size: size)
            } catch {
                throw .coordinate
            }
        }
        let bounds = mask.boundingBox
        guard bounds.area > 0 else { throw .outside }
        guard bounds.isNear(box) else { throw .away }
        return mask
    }

    /// Why none of `polygons` is one.
    private static func fault(of polygons: [[Double]]) -> SegmentationFault {
        if polygons.allSatisfy(\.isEmpty) { return .missing }
        if polygons.contains(where: { $0.count == 4 }) { return .box }
        return polygons.contains { !$0.count.isMultiple(of: 2) } ? .odd : .corners
    }

    private static func isNormalized(_ polygons: [[Double]], _ box: BoundingBox) -> Bool {
        max(box.x2, box.y2) > 2 && polygons.allSatisfy { $0.allSatisfy { (0...1).contains($0) } }
    }
}

extension SampleInstance.Shape {
    /// The ground-truth mask for evaluation, in an image of `size`; nil where there is none.
    ///
    /// Polygons are read as pycocotools reads them: the last of an odd number of coordinates is
    /// left out, and polygons of fewer than three corners cover nothing. There is no mask where no
    /// other polygon is there or run lengths have another size; pycocotools stops there, or
    /// compares with a mask that no detection can match. (It takes a list of four numbers for a
    /// box; here that is no polygon.)
    public func measuredMask(in size: Size2D) -> RunLengthMask? {
        switch self {
        case .runLengths(let mask): return mask.size == size ? mask : nil
        case .polygons(let polygons):
            let usable = polygons.filter { $0.count >= 6 }.map { $0.dropLast($0.count % 2) }
            return usable.isEmpty ? nil : try? RunLengthMask(polygons: usable, size: size)
        }
    }
}

extension COCOBox {
    /// Whether it meets `box`, or comes within a pixel of it.
    fileprivate func isNear(_ box: BoundingBox) -> Bool {
        x < Double(box.x2) + 1 && x + width > Double(box.x1) - 1 && y < Double(box.y2) + 1
            && y + height > Double(box.y1) - 1
    }
}

extension SampleInstance {
    /// The instance with its mask drawn in an image of `size`. Without a mask to train on it
    /// becomes a region on which nothing is trained.
    func withMask(in size: Size2D) -> SampleInstance {
        guard !annotation.isCrowd else { return self }
        var copy = self
        let mask = annotation.shape.flatMap { try? $0.learnableMask(in: size, box: box) }
        copy.annotation.shape = mask.map { .runLengths($0) }
        copy.annotation.isCrowd = mask == nil
        return copy
    }
}
