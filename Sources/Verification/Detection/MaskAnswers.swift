import DenseKitCore

// The outputs of a mask detector besides its boxes.
extension Verifier {
    /// `mask_logits` at the reference's places of `det`, and `mask_areas`, in pixels of the
    /// original image, at those of `det_rescaled`. Where the case has `mask_rle`, the pasted masks
    /// are compared with it: a pixel may flip where a mask is all but at the threshold.
    ///
    /// - Parameters:
    ///   - logits: of all images' detections in the network's pixels, `[d, m, m]`
    ///   - seen: the detections in the network's pixels, an entry for each image, and where the
    ///     reference has which
    ///   - original: those in pixels of the original image
    func maskAnswers(
        _ logits: Tensor?, seen: [MatchedDetections], original: [MatchedDetections],
        _ golden: GoldenCase
    ) throws -> (outputs: [String: Tensor], comparisons: [Comparison]) {
        var (outputs, comparisons): ([String: Tensor], [Comparison]) = ([:], [])
        let threshold =
            golden.json["config"]?["test_cfg"]?["rcnn"]?["mask_thr_binary"]?.number ?? 0.5
        let geometries = try golden.geometries()
        var start = 0
        for (image, found) in seen.enumerated() {
            let count = found.detections.count
            let own = try count == 0 ? found.detections.masks : logits?.narrowed(0, start, count)
            outputs["mask_logits\(found.place)"] = try own.map(found.match.ordered)
            start += count
            guard image < original.count, image < geometries.count else { continue }
            let found = original[image]
            let size = geometries[image].originalSize
            guard let masks = found.detections.masks else { continue }
            let pasted = try found.match.ordered(
                Tensor.pastedMasks(
                    masks, boxes: found.detections.boxes, size: Size2D(size.height, size.width),
                    threshold: threshold))
            outputs["mask_areas\(found.place)"] = try pasted.to(.int64).sum(1, 2)
            let reference = try golden.masks(at: found.place)
            guard !reference.isEmpty else { continue }
            comparisons.append(
                try Self.compare(pasted, with: reference, "mask_rle\(found.place)", size))
        }
        return (outputs, comparisons)
    }

    /// Every mask's IoU with the reference's must be 0.995 or more.
    private static func compare(
        _ masks: Tensor, with reference: [RunLengthMask], _ name: String, _ size: Size2D
    ) throws
        -> Comparison
    {
        guard reference.count == masks.size(0) else {
            return Comparison(
                failure: name, "\(masks.size(0)) masks, the reference has \(reference.count)")
        }
        let overlaps = try reference.enumerated().map { index, reference in
            let own = try RunLengthMask(bitmap: masks.selected(0, index).bytes(), size: size)
            return own.area == 0 && reference.area == 0 ? 1 : own.iou(with: reference)
        }
        return Comparison(
            name, ours: overlaps, reference: overlaps.map { _ in 1 },
            GoldenCase.Tolerance(rtol: 0, atol: 0.005))
    }
}

/// An image's detections and where the reference has them.
struct MatchedDetections {
    let detections: Detections
    let match: DetectionMatch
    /// The suffix of the names of the image's outputs: nothing for an only image, `.0` and so
    /// on for others.
    let place: String
}

extension GoldenCase {
    /// The masks of `mask_rle`, COCO's compressed run lengths, for the image with `place` behind
    /// its names; none where the case has none.
    fileprivate func masks(at place: String) throws -> [RunLengthMask] {
        guard let entry = json["mask_rle\(place)"], let sides = entry["size"]?.integers,
            sides.count == 2
        else { return [] }
        return try (entry["counts"]?.array ?? []).map { counts in
            guard let text = counts.string else {
                throw GoldenCaseError(path, "has a mask in mask_rle\(place) that is no string")
            }
            do {
                return try RunLengthMask(
                    compressed: text, size: Size2D(height: sides[0], width: sides[1]))
            } catch {
                throw GoldenCaseError(path, "has a mask in mask_rle\(place) that is none: \(error)")
            }
        }
    }
}
