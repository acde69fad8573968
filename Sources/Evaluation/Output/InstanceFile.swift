import DenseKitCheckpoints
import DenseKitVision
import Foundation

/// The instances of one image as JSON.
public struct InstanceFile: Encodable {
    struct Instance: Encodable {
        let category: String
        /// The class's index.
        let label: Int
        let score: Float?
        /// x, y, width, height in pixels of the image.
        let bbox: [Double]
        let segmentation: Mask?
    }

    /// COCO's compressed run lengths.
    struct Mask: Encodable {
        /// Height and width.
        let size: [Int]
        let counts: String

        init(_ mask: RunLengthMask) {
            size = [mask.size.height, mask.size.width]
            counts = mask.compressed
        }
    }

    /// The highest score first.
    let instances: [Instance]

    /// The instances of one image; those whose class is not in `classes` are left out.
    public init(_ instances: [DetectedInstance], classes: ClassList) {
        self.instances = instances.filter { classes.names.indices.contains($0.label) }.map {
            instance in
            let box = COCOBox(instance.box)
            return Instance(
                category: classes.names[instance.label], label: instance.label,
                score: instance.score,
                bbox: [box.x, box.y, box.width, box.height],
                segmentation: instance.mask.map(Mask.init))
        }
    }

    /// Writes the JSON file; it is replaced as a whole or not at all.
    ///
    /// - Throws: `CheckpointError` where it cannot be written.
    public func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(self), to: path)
    }
}
