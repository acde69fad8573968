import DenseKitCore

extension RetinaNet {
    /// The detections of each image, in pixels of the original image: the anchors with the highest
    /// scores of every level, moved by their deltas and clipped to the image, after non-maximum
    /// suppression by class. (section 4.1, "Inference", with mmdetection's settings)
    ///
    /// - Parameters:
    ///   - maps: the pyramid, `[n, c, hᵢ, wᵢ]` each, finest first
    ///   - step: the pass, with the sizes and scales of the images
    /// - Returns: `DetectionPredictions` without masks.
    public func predictions(_ maps: [Tensor], _ step: ForwardPass) throws -> any Predictions {
        let output = try self(maps, step)
        let anchors = try anchors.anchors(for: output.sizes, on: maps[0].device)
        return DetectionPredictions(
            try step.images.enumerated().map { index, geometry in
                try detections(output, anchors, image: index, geometry)
            })
    }

    private func detections(
        _ output: Output, _ anchors: [Tensor], image: Int, _ geometry: ImageGeometry
    ) throws -> Detections {
        var (boxes, scores): ([Tensor], [Tensor]) = ([], [])
        for (level, anchors) in anchors.enumerated() {
            // [hᵢ·wᵢ·a, k]
            var probabilities = try output.logits[level].selected(0, image).sigmoid()
            var deltas = try output.deltas[level].selected(0, image)
            var chosen = anchors
            if settings.perLevel < anchors.size(0) {
                let best = try probabilities.amax(1).topK(settings.perLevel).indices
                probabilities = try probabilities.indexed(0, best)
                deltas = try deltas.indexed(0, best)
                chosen = try anchors.indexed(0, best)
            }
            boxes.append(try coder.decode(chosen, deltas, in: geometry.size))
            scores.append(probabilities)
        }
        let restored = try Boxes.restored(Tensor.cat(boxes, dim: 0), from: geometry.scale)
        let withBackground = try Tensor.cat(scores, dim: 0).padded([0, 1])  // [n, k + 1]
        return try filter(boxes: restored, scores: withBackground)
    }
}
