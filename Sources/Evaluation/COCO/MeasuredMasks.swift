import DenseKitData
import DenseKitVision

/// What masks of detections are measured against.
///
/// An annotation without a mask is taken for a crowd that covers its box: what is found there
/// counts neither for nor against.
struct MeasuredMasks {
    private(set) var groundTruth: [COCOEvaluation.GroundTruth] = []
    private var without = FindingCount()

    /// - Parameters:
    ///   - instance: the annotation as boxes are measured against it
    ///   - size: of its image, `image` in messages
    /// - Throws: `MaskError` for a box that no mask can be drawn of
    mutating func add(
        _ instance: COCOEvaluation.GroundTruth, _ shape: SampleInstance.Shape?, in size: Size2D,
        image: @autoclosure () -> String
    ) throws(MaskError) {
        var instance = instance
        if let mask = shape?.measuredMask(in: size) {
            instance.mask = mask
        } else {
            without.add("annotation \(instance.id) of image \(image())")
            instance.isCrowd = true
            instance.mask = try RunLengthMask(box: instance.box, size: size)
        }
        groundTruth.append(instance)
    }

    /// Whether there are annotations, and none of them has a mask.
    var isHopeless: Bool { !groundTruth.isEmpty && without.count == groundTruth.count }

    /// The message where none of `count` annotations has a mask.
    static func noteOnNone(_ count: Int) -> String {
        "none of the \(count) annotations has a mask that can be read: boxes alone are measured; add their segmentations, or set "
            + "model.head.mask: null"
    }

    /// The message on annotations without a mask; nil where all have one.
    var note: String? {
        guard without.count > 0 else { return nil }
        return
            "\(without.count) of \(groundTruth.count) annotations have no mask that can be read (\(without.examples)): masks are measured as if "
            + "each were a crowd that covers its box"
    }
}

extension COCOEvaluation {
    /// The message on an annotation with the id 0; nil where there is none.
    static func noteOnZero(_ groundTruth: [GroundTruth]) -> String? {
        guard let zero = groundTruth.first(where: { $0.id == 0 }) else { return nil }
        return
            "annotation 0 of image \(zero.image): pycocotools takes this number for \"no match\", so what a detector finds there counts as a "
            + "false alarm, and AP is too low; number annotations from 1"
    }
}
