import DenseKitCore

/// Images and things that a detector computes with in `bench`.
struct DetectionBench {
    /// Noise, with zeros to the right and below up to multiples of 32, `[n, 3, h, w]`.
    let images: Tensor
    let geometries: [ImageGeometry]
    private let hasMasks: Bool

    private static let divisor = 32

    init(_ model: DenseModel, size: Size2D, batch: Int, device: Device) throws {
        func whole(_ side: Int) -> Int { (side + DetectionBench.divisor - 1) / DetectionBench.divisor * DetectionBench.divisor }
        let padded = Size2D(whole(size.height), whole(size.width))
        let noise = try Tensor.randomNormal([batch, 3, size.height, size.width]).to(device)
        let images = try noise.padded([0, padded.width - size.width, 0, padded.height - size.height]).channelsLast()
        // Where batch norms only keep their statistics, an untrained backbone's maps are hundreds of times as large as a trained one's,
        // and boxes go far beyond the image: so much less contrast makes them as large.
        try model.setTraining(false)
        let spread = try withoutGrad { try model.backbone(images).maps.last.map { try ($0 * $0).mean().sqrt().item() } }
        self.images = try images * (1 / max(spread ?? 1, 1e-6))
        let inner = Size2D(height: size.height, width: size.width)
        let geometry = ImageGeometry(
            size: inner, paddedSize: Size2D(height: padded.height, width: padded.width), originalSize: inner, scale: (1, 1))
        geometries = [ImageGeometry](repeating: geometry, count: batch)
        hasMasks = model.head.task == .detection(masks: true)
    }

    /// As many ellipses in each image, of random places, sizes and classes.
    func targets(things: Int, classes: Int) throws -> [InstanceTargets] {
        try geometries.enumerated().map { image, geometry in
            var random = SampleRandom(seed: 0, epoch: 0, index: image)
            let boxes = (0..<things).map { _ in DetectionBench.box(in: geometry.size, &random) }
            let labels = (0..<things).map { _ in Int64.random(in: 0..<Int64(classes), using: &random) }
            return InstanceTargets(
                boxes: try Tensor.from(boxes.flatMap { [$0.x1, $0.y1, $0.x2, $0.y2] }, shape: [things, 4]).to(images.device),
                labels: try Tensor.from(labels).to(images.device),
                ignoredBoxes: try Tensor.zeros([0, 4], device: images.device),
                masks: hasMasks ? try DetectionBench.ellipses(boxes, in: geometry.paddedSize).to(images.device) : nil)
        }
    }

    /// Small things are more frequent than large ones.
    private static func box(in size: Size2D, _ random: inout SampleRandom) -> BoundingBox {
        func interval(_ limit: Int) -> (Float, Float) {
            let share = Float.random(in: 0...1, using: &random)
            let length = min(Float(limit), 24 + share * share * Float(limit) / 2)
            let start = Float.random(in: 0...1, using: &random) * (Float(limit) - length)
            return (start, start + length)
        }
        let (x, y) = (interval(size.width), interval(size.height))
        return BoundingBox(x1: x.0, y1: y.0, x2: x.1, y2: y.1)
    }

    /// `[things, h, w]` uint8
    private static func ellipses(_ boxes: [BoundingBox], in size: Size2D) throws -> Tensor {
        var bytes = [UInt8](repeating: 0, count: boxes.count * size.height * size.width)
        for (index, box) in boxes.enumerated() {
            let (a, b) = ((box.x2 - box.x1) / 2, (box.y2 - box.y1) / 2)
            for y in Int(box.y1)..<min(Int(box.y2) + 1, size.height) {
                for x in Int(box.x1)..<min(Int(box.x2) + 1, size.width) {
                    let (u, v) = ((Float(x) - box.x1) / a - 1, (Float(y) - box.y1) / b - 1)
                    if u * u + v * v <= 1 { bytes[(index * size.height + y) * size.width + x] = 1 }
                }
            }
        }
        return try bytes.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: [boxes.count, size.height, size.width], dtype: .uint8)
        }
    }
}
