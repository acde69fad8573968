import DenseKitData
import DenseKitVision

extension COCOIndex {
    /// All annotations as ground truth for an evaluation, image by image; with masks where `kind`
    /// compares masks.
    ///
    /// An annotation whose mask is needed but cannot be read becomes a crowd that covers its box;
    /// `note` tells how many there are and is nil where there are none.
    /// - Throws: `DataError` where masks are needed and no annotation has one.
    public func groundTruth(_ kind: COCOEvaluation.Kind) throws -> (
        instances: [COCOEvaluation.GroundTruth], note: String?
    ) {
        var instances: [COCOEvaluation.GroundTruth] = []
        var masks = MeasuredMasks()
        for place in 0..<imageCount {
            let picture = image(at: place)
            for annotation in annotations(ofImage: place) {
                let instance = COCOEvaluation.GroundTruth(
                    image: Int(picture.id), category: Int(categories[annotation.category].id),
                    box: annotation.box,
                    area: annotation.area, isCrowd: annotation.isCrowd, id: Int(annotation.id))
                instances.append(instance)
                guard kind == .masks else { continue }
                do {
                    try masks.add(
                        instance, try? shape(of: annotation), in: picture.size, image: picture.name)
                } catch {
                    throw DataError(
                        path, "annotation \(annotation.id): \(error)",
                        remedy: "correct its box, or take it out")
                }
            }
        }
        if kind == .masks, masks.isHopeless {
            throw DataError(
                path,
                "annotation \(instances[0].id) has no mask to compare with\(instances.count > 1 ? ", and no other has one" : "")",
                remedy: "add its segmentation, or measure boxes")
        }
        return (kind == .masks ? masks.groundTruth : instances, masks.note)
    }
}
