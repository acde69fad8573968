import DenseKitComponents

/// A task whose models `bench` can time: it makes images of noise, with targets, and knows what inference is.
public protocol BenchmarkedTask: VisionTask {
    /// How many images inference takes at a time, at most; nil for any number.
    var largestInferenceBatch: Int? { get }

    /// Images of noise for `model`, `[n, 3, h, w]`.
    ///
    /// - Parameters:
    ///   - size: of each image, in pixels
    ///   - batch: n
    func noise(for model: DenseModel, size: Size2D, batch: Int, device: Device) throws -> BenchmarkImages

    /// What a model is trained on with `images`.
    ///
    /// - Parameters:
    ///   - instances: how many an image has, where the task knows them
    ///   - classes: how many there are
    func targets(for images: BenchmarkImages, instances: Int, classes: Int) throws -> Targets

    /// Inference on `images`, from the network to an answer in the image's pixels.
    ///
    /// - Returns: what runs it, and returns how many instances were found, where the task knows them.
    func inference(of model: DenseModel, on images: BenchmarkImages, mode: InferenceMode) throws -> () throws -> Int?
}

extension BenchmarkedTask {
    public var largestInferenceBatch: Int? { nil }
}

/// Images of noise.
public struct BenchmarkImages {
    /// `[n, 3, h, w]`, padding included
    public let images: Tensor
    /// How the images came from files that there are not; empty where they fill the batch.
    public let geometries: [ImageGeometry]

    /// - Parameters:
    ///   - images: `[n, 3, h, w]`, padding included
    ///   - geometries: of each image; empty where the images fill the batch
    public init(images: Tensor, geometries: [ImageGeometry] = []) {
        self.images = images
        self.geometries = geometries
    }
}

extension SegmentationTask: BenchmarkedTask {
    public func noise(for model: DenseModel, size: Size2D, batch: Int, device: Device) throws -> BenchmarkImages {
        BenchmarkImages(
            images: try Tensor.randomNormal([batch, 3, size.height, size.width]).channelsLast().to(device))
    }

    public func targets(for images: BenchmarkImages, instances: Int, classes: Int) throws -> Targets {
        let shape = [images.images.size(0), images.images.size(2), images.images.size(3)]
        let labels = try Tensor.from((0..<shape.reduce(1, *)).map { Int64($0 * 7919 % classes) }, shape: shape)
        return Targets(labels: try labels.to(images.images.device))
    }

    /// Network, resize to the image's size, and the class of every pixel.
    public func inference(
        of model: DenseModel, on images: BenchmarkImages, mode: InferenceMode
    ) throws -> () throws -> Int? {
        let inference = SegmentationInference(model, mode: mode)
        return {
            _ = try inference.labels(of: images.images)
            return nil
        }
    }
}
