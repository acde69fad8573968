import DenseKitData
import DenseKitVision

extension COCOIndex {
    /// All annotations as ground truth for an evaluation, image by image; with masks where `kind`
    /// compares masks.
    ///
    /// An annotation whose mask is needed but cannot be read becomes a crowd that covers its box;
    /// `note` says how many there are and is nil where there are none.
    /// - Throws: `DataError` where masks are needed and no annotation has one.
    public func truth(_ kind: COCOEvaluation.Kind) throws -> (
        things: [COCOEvaluation.Truth], note: String?
    ) {
        var things: [COCOEvaluation.Truth] = []
        var masks = MeasuredMasks()
        for place in 0..<pictureCount {
            let picture = picture(at: place)
            for annotation in annotations(ofPicture: place) {
                let thing = COCOEvaluation.Truth(
                    image: Int(picture.id), category: Int(categories[annotation.category].id),
                    box: annotation.box,
                    area: annotation.area, isCrowd: annotation.isCrowd, id: Int(annotation.id))
                things.append(thing)
                guard kind == .masks else { continue }
                do {
                    try masks.add(
                        thing, try? shape(of: annotation), in: picture.size, image: picture.name)
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
                "annotation \(things[0].id) has no mask to compare with\(things.count > 1 ? ", and no other has one" : "")",
                remedy: "add its segmentation, or measure boxes")
        }
        return (kind == .masks ? masks.truth : things, masks.note)
    }
}
