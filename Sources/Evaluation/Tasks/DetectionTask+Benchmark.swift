import DenseKitComponents
import DenseKitData
import DenseKitVision

/// Random images and instances for timing detectors with `densekit bench`.
extension DetectionTask: BenchmarkedTask {
    private static let divisor = 32

    /// One image at a time.
    public var largestInferenceBatch: Int? { 1 }

    /// Images `[n, 3, h, w]` of normally distributed values, padded with zeros at the right and
    /// below to multiples of 32. Their contrast is reduced where the backbone is untrained, so that
    /// boxes stay near the image. Puts the model into inference mode.
    public func noise(for model: DenseModel, size: Size2D, batch: Int, device: Device) throws
        -> BenchmarkImages
    {
        func whole(_ side: Int) -> Int {
            (side + DetectionTask.divisor - 1) / DetectionTask.divisor * DetectionTask.divisor
        }
        let padded = Size2D(whole(size.height), whole(size.width))
        let noise = try Tensor.randomNormal([batch, 3, size.height, size.width]).to(device)
        let images = try noise.padded([
            0, padded.width - size.width, 0, padded.height - size.height,
        ]).channelsLast()
        // Where batch norms never update their statistics, an untrained backbone's maps are
        // hundreds of times as large as a trained one's, and boxes go far beyond the image: so much
        // less contrast makes them as large.
        try model.setTraining(false)
        let spread = try withoutGrad {
            try model.backbone(images).maps.last.map { try ($0 * $0).mean().sqrt().item() }
        }
        let geometry = ImageGeometry(
            size: size, paddedSize: padded, originalSize: size, scale: (1, 1))
        return BenchmarkImages(
            images: try images * (1 / max(spread ?? 1, 1e-6)),
            geometries: [ImageGeometry](repeating: geometry, count: batch))
    }

    /// `instances` ellipses in each image, of random places, sizes and classes; with masks where
    /// the task has them.
    public func targets(for images: BenchmarkImages, instances: Int, classes: Int) throws -> Targets
    {
        let device = images.images.device
        return Targets(
            instances: try images.geometries.enumerated().map { image, geometry in
                var random = SampleRandom(seed: 0, epoch: 0, index: image)
                let boxes = (0..<instances).map { _ in DetectionTask.box(in: geometry.size, &random)
                }
                let labels = (0..<instances).map { _ in
                    Int64.random(in: 0..<Int64(classes), using: &random)
                }
                return try InstanceTargets(
                    boxes: Tensor.from(
                        boxes.flatMap { [$0.x1, $0.y1, $0.x2, $0.y2] }, shape: [instances, 4]
                    ).to(device),
                    labels: Tensor.from(labels).to(device),
                    ignoredBoxes: Tensor.zeros([0, 4], device: device),
                    masks: masks
                        ? DetectionTask.ellipses(boxes, in: geometry.paddedSize).to(device) : nil)
            })
    }

    /// Inference that runs the network and non-maximum suppression, and makes run-length masks of
    /// the image's size. The closure returns the number of instances.
    public func inference(
        of model: DenseModel, on images: BenchmarkImages, mode: InferenceMode
    ) throws -> () throws -> Int? {
        let inference = DetectionInference(model)
        return { try inference.instances(images.images, images.geometries[0]).count }
    }

    /// Small instances are more frequent than large ones.
    private static func box(in size: Size2D, _ random: inout SampleRandom) -> BoundingBox {
        func interval(_ limit: Int) -> (Float, Float) {
            let share = Float.random(in: 0...1, using: &random)
            let length = min(Float(limit), 24 + share * share * Float(limit) / 2)
            let start = Float.random(in: 0...1, using: &random) * (Float(limit) - length)
            return (start, start + length)
        }
        let x = interval(size.width)
        let y = interval(size.height)
        return BoundingBox(x1: x.0, y1: y.0, x2: x.1, y2: y.1)
    }

    /// `[instances, h, w]` uint8
    private static func ellipses(_ boxes: [BoundingBox], in size: Size2D) throws -> Tensor {
        var bytes = [UInt8](repeating: 0, count: boxes.count * size.height * size.width)
        for (index, box) in boxes.enumerated() {
            let a = (box.x2 - box.x1) / 2
            let b = (box.y2 - box.y1) / 2
            for y in Int(box.y1)..<min(Int(box.y2) + 1, size.height) {
                for x in Int(box.x1)..<min(Int(box.x2) + 1, size.width) {
                    let u = (Float(x) - box.x1) / a - 1
                    let v = (Float(y) - box.y1) / b - 1
                    if u * u + v * v <= 1 { bytes[(index * size.height + y) * size.width + x] = 1 }
                }
            }
        }
        return try bytes.withUnsafeBytes {
            try Tensor.from(
                bytes: $0, shape: [boxes.count, size.height, size.width], dtype: .uint8)
        }
    }
}
