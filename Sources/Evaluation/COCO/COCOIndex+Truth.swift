import Data
import Vision

extension COCOIndex {
    /// Everything that is annotated, picture by picture, as results are measured against it; with masks where these are compared.
    ///
    /// - Throws: `DataError` for an annotation whose mask is wanted and does not stand in the file, or is none.
    public func truth(_ kind: COCOEvaluation.Kind) throws -> [COCOEvaluation.Truth] {
        try (0..<pictureCount).flatMap { place in
            let picture = picture(at: place)
            return try annotations(ofPicture: place).map { annotation in
                COCOEvaluation.Truth(
                    image: Int(picture.id), category: Int(categories[annotation.category].id), box: annotation.box,
                    area: annotation.area, isCrowd: annotation.isCrowd, id: Int(annotation.id),
                    mask: kind == .masks ? try mask(of: annotation, in: picture) : nil)
            }
        }
    }

    private func mask(of annotation: Annotation, in picture: Picture) throws -> RunLengthMask {
        guard let shape = try shape(of: annotation) else {
            throw DataError(
                path, "annotation \(annotation.id) has no mask to compare with", remedy: "add its segmentation, or measure boxes")
        }
        do {
            return try shape.mask(in: picture.size)
        } catch {
            throw DataError(path, "annotation \(annotation.id): \(error)", remedy: "correct its segmentation, or take it out")
        }
    }
}
