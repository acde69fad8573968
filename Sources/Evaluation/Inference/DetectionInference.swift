import DenseKitComponents
import DenseKitVision

/// Test-time detection: the instances of an image, in the image's own pixels. Masks are cut at a
/// probability of 0.5.
public struct DetectionInference {
    /// The detector.
    public let model: DenseModel
    /// A part of a mask belongs to the object where its probability is at least this.
    /// (mmdetection's `mask_thr_binary`)
    private let maskThreshold = 0.5
    /// Pixels of masks held at a time.
    private let budget = 32 << 20

    /// Inference with `model`, whose head must detect.
    public init(_ model: DenseModel) { self.model = model }

    /// The instances in one image, the highest score first. The model must be in inference mode.
    ///
    /// - Parameters:
    ///   - image: normalised, `[1, 3, h, w]`
    ///   - geometry: how the test pipeline made it from the original image
    /// - Throws: `InferenceError.notDetection` for a model whose head does not detect.
    public func instances(_ image: Tensor, _ geometry: ImageGeometry) throws -> [DetectedInstance] {
        let predictions = try model.predictions(image, ForwardPass(images: [geometry]))
        guard let seen = (predictions as? DetectionPredictions)?.images.first else {
            throw InferenceError.notDetection
        }
        // Fetched together: classes are far fewer than the 2^24 that float32 counts.
        let rows = try Tensor.cat(
            [
                seen.boxes.to(.float32), seen.scores.to(.float32).unsqueezed(1),
                seen.labels.to(.float32).unsqueezed(1),
            ], dim: 1
        ).to(.cpu)
        let boxes = try rows.narrowed(1, 0, 4).floats()
        let scores = try rows.selected(1, 4).floats()
        let labels = try rows.selected(1, 5).integers()
        // The grids are far smaller than the masks that are made of them, on the CPU.
        let masks = try seen.masks.map {
            try self.masks($0.to(.cpu), rows.narrowed(1, 0, 4), geometry.originalSize)
        }
        return (0..<seen.count).map { index in
            let box = BoundingBox(
                x1: boxes[4 * index], y1: boxes[4 * index + 1], x2: boxes[4 * index + 2],
                y2: boxes[4 * index + 3])
            return DetectedInstance(
                box: box, label: Int(labels[index]), score: scores[index], mask: masks?[index])
        }
    }

    /// Masks on grids over their boxes, `[d, m, m]`, as masks of the whole image; a few at a time.
    private func masks(_ grids: Tensor, _ boxes: Tensor, _ size: Size2D) throws -> [RunLengthMask] {
        let pixels = size.height * size.width
        return try strips(grids.size(0), max(1, budget / max(pixels, 1))).flatMap { part in
            let pasted = try Tensor.pastedMasks(
                grids.narrowed(0, part.lowerBound, part.count),
                boxes: boxes.narrowed(0, part.lowerBound, part.count),
                size: Size2D(size.height, size.width), threshold: maskThreshold)
            let bytes = try pasted.bytes()
            return try part.indices.map { index in
                let start = (index - part.lowerBound) * pixels
                return try RunLengthMask(bitmap: Array(bytes[start..<start + pixels]), size: size)
            }
        }
    }
}
