import DenseKitData
import DenseKitVision

/// The things of one picture as JSON: what `infer` writes of a detector's predictions.
struct InstanceFile: Encodable {
    struct Thing: Encodable {
        let category: String
        /// The class's index.
        let label: Int
        let score: Float?
        /// x, y, width, height in pixels of the picture.
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

    /// The most certain first.
    let instances: [Thing]

    init(_ instances: [DetectedInstance], classes: ClassList) {
        self.instances = instances.filter { classes.names.indices.contains($0.label) }.map { instance in
            let box = COCOBox(instance.box)
            return Thing(
                category: classes.names[instance.label], label: instance.label, score: instance.score,
                bbox: [box.x, box.y, box.width, box.height],
                segmentation: instance.mask.map(Mask.init))
        }
    }
}
