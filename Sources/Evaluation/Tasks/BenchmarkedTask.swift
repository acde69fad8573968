import DenseKitComponents

/// A task whose models `densekit bench` can time: it makes random images with targets, and runs
/// inference.
public protocol BenchmarkedTask: VisionTask {
    /// The most images that inference takes at a time; nil for any number, also if not implemented.
    var largestInferenceBatch: Int? { get }

    /// Random images for `model`, `[n, 3, h, w]`.
    ///
    /// - Parameters:
    ///   - model: that the images are for
    ///   - size: of each image, in pixels
    ///   - batch: n
    ///   - device: of the images
    func noise(for model: DenseModel, size: Size2D, batch: Int, device: Device) throws
        -> BenchmarkImages

    /// Training targets for `images`.
    ///
    /// - Parameters:
    ///   - images: as `noise` made them
    ///   - instances: per image, where the task has instances
    ///   - classes: the number of classes
    func targets(for images: BenchmarkImages, instances: Int, classes: Int) throws -> Targets

    /// Inference on `images`, from the network to a result in the image's pixels.
    ///
    /// - Returns: a closure that runs it once and returns the number of detected instances, nil
    ///   where the task has none.
    func inference(of model: DenseModel, on images: BenchmarkImages, mode: InferenceMode) throws
        -> () throws -> Int?
}

extension BenchmarkedTask {
    /// Nil: any number of images.
    public var largestInferenceBatch: Int? { nil }
}

/// Random images for timing a model.
public struct BenchmarkImages {
    /// The images, `[n, 3, h, w]`, padding included.
    public let images: Tensor
    /// The geometry of each image, as if it came from a file; empty where the images have no
    /// padding.
    public let geometries: [ImageGeometry]

    /// Images for timing.
    ///
    /// - Parameters:
    ///   - images: `[n, 3, h, w]`, padding included
    ///   - geometries: of each image; empty where the images have no padding
    public init(images: Tensor, geometries: [ImageGeometry] = []) {
        self.images = images
        self.geometries = geometries
    }
}

extension SegmentationTask: BenchmarkedTask {
    /// Images `[n, 3, h, w]` of normally distributed values, in channels-last memory, without
    /// padding.
    public func noise(for model: DenseModel, size: Size2D, batch: Int, device: Device) throws
        -> BenchmarkImages
    {
        BenchmarkImages(
            images: try Tensor.randomNormal([batch, 3, size.height, size.width]).channelsLast().to(
                device))
    }

    /// Label maps `[n, h, w]` int64 in which the classes vary from pixel to pixel.
    public func targets(for images: BenchmarkImages, instances: Int, classes: Int) throws -> Targets
    {
        let shape = [images.images.size(0), images.images.size(2), images.images.size(3)]
        let labels = try Tensor.from(
            (0..<shape.reduce(1, *)).map { Int64($0 * 7919 % classes) }, shape: shape)
        return Targets(labels: try labels.to(images.images.device))
    }

    /// Inference that runs the network, resizes logits to the image's size and takes the class of
    /// every pixel. The closure returns nil.
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
