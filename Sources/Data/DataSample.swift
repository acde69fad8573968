import DenseKitComponents
import DenseKitVision

/// An image with its labels or instances, on its way from the data set through the transforms to
/// the network.
///
/// Operations are done when the pixels are needed: of a resize, the part that a following crop
/// drops is never computed; and a normalised, padded image is written straight into its batch.
public struct DataSample: Sendable {
    /// The file's name, for messages and for the names of results.
    public let name: String
    /// What was done to the file's pixels to make the image upright 8-bit RGB.
    public let traits: ImageTraits
    /// Whether left and right are exchanged relative to the file.
    public private(set) var isFlipped = false

    /// The instances in the image, without those that a crop left out; nil for a data set without
    /// instances.
    public private(set) var instances: [SampleInstance]?
    /// Whether the batch holds the masks of `instances`.
    public var wantsMasks: Bool

    /// Targets of other kinds (`SampleTarget`), for tasks of plugins.
    public private(set) var targets: [any SampleTarget] = []

    private var picture: Deferred<RGBImage>
    private var labelMap: Deferred<LabelMap>?
    private var moves: Moves
    /// Set by `normalize`. The floats are computed when they are read; until then only `moves`
    /// knows of the padding.
    private var normalization: Normalization?
    private var floats: FloatImage?

    /// A sample without a label map.
    ///
    /// - Parameters:
    ///   - name: of the image, for messages
    ///   - image: in its own size
    ///   - instances: in pixels of `image`; nil for a data set without instances, empty for an
    ///     image without any
    ///   - wantsMasks: whether masks are trained on: an instance without a usable mask
    ///     (`SegmentationFault`) then becomes a crowd region, on which nothing is trained
    ///   - traits: what the image file says about itself
    public init(
        name: String, image: RGBImage, instances: [SampleInstance]? = nil, wantsMasks: Bool = false,
        traits: ImageTraits = []
    ) {
        self.name = name
        self.instances = wantsMasks ? instances?.map { $0.withMask(in: image.size) } : instances
        self.wantsMasks = wantsMasks
        self.traits = traits
        picture = Deferred(image)
        moves = Moves(image.size)
    }

    /// A sample with a class for every pixel.
    ///
    /// - Parameters:
    ///   - name: of the image, for messages
    ///   - image: in its own size
    ///   - labels: as large as `image`
    ///   - instances: in pixels of `image`; nil for a data set without instances
    ///   - wantsMasks: whether masks are trained on
    ///   - traits: what the image file says about itself
    /// - Throws: `DataError` for labels of another size.
    public init(
        name: String, image: RGBImage, labels: LabelMap, instances: [SampleInstance]? = nil,
        wantsMasks: Bool = false, traits: ImageTraits = []
    ) throws(DataError) {
        guard labels.size == image.size else {
            throw DataError(
                name, "the labels are \(labels.size), the image is \(image.size)",
                remedy: "labels are as large as their image")
        }
        self.init(
            name: name, image: image, instances: instances, wantsMasks: wantsMasks, traits: traits)
        labelMap = Deferred(labels)
    }

    /// The size of the upright image that the data set gave.
    public var originalSize: Size2D { moves.originalSize }

    /// The current size of the image, after the transforms so far.
    public var size: Size2D { moves.size }

    /// Sizes, padding and scale of the image relative to its file.
    public var geometry: ImageGeometry { moves.geometry }

    /// Whether a prediction can be mapped back to the file's image by cutting off the padding and
    /// resizing: true unless the image was mirrored or cropped, resized with its padding, or
    /// replaced by one of another size.
    public var isReversible: Bool { moves.isReversible }

    /// For every row and every column that of the file's image which masks copy; -1 in padding.
    func maskSources() -> (rows: [Int], columns: [Int]) { moves.sources() }

    /// Whether `normalize` was called.
    public var isNormalized: Bool { normalization != nil }

    /// The 8-bit image; once the sample is normalised, the image as it was before. Setting an image
    /// of another size does not move boxes: use `resize`, `crop` or `pad` for that.
    public var image: RGBImage {
        mutating get { picture.value() }
        set {
            picture = Deferred(newValue)
            if !isNormalized { moves.changeSize(newValue.size) }
        }
    }

    /// The class of every pixel, `LabelMap.ignore` where there is none; nil for a data set without
    /// labels.
    public var labels: LabelMap? {
        mutating get { labelMap?.value() }
        set { labelMap = newValue.map(Deferred.init) }
    }

    /// The normalised image in floats; nil before `normalize` is called.
    public var normalized: FloatImage? {
        mutating get {
            if floats == nil, let normalization {
                floats = normalization(image).padded(to: size)
            }
            return floats
        }
    }

    /// The target of type `Target`; nil where the sample has none.
    public func target<Target: SampleTarget>(_ type: Target.Type) -> Target? {
        targets.lazy.compactMap { $0 as? Target }.first
    }

    /// Adds a target, or replaces the one of the same type.
    ///
    /// - Throws: `DataError` for a target of another size than the image has now.
    public mutating func add<Target: SampleTarget>(_ target: Target) throws {
        guard target.size == size else {
            throw DataError(
                name, "its \(Target.name) is \(target.size), the image \(size)",
                remedy: "give both in one size")
        }
        targets.removeAll { $0 is Target }
        targets.append(target)
    }

    private mutating func moveTargets(_ move: (inout any SampleTarget) -> Void) {
        for index in targets.indices { move(&targets[index]) }
    }

    /// The labels inside `window`, as they would be after `crop(to: window)`; nil for a sample
    /// without labels.
    public func labels(in window: PixelWindow) -> LabelMap? { labelMap?.cropped(to: window) }

    /// Resizes the image (bilinear) and the labels (nearest); boxes are scaled and clipped to the
    /// image. A normalised image is resized as OpenCV does, since Pillow has no float images of
    /// three channels.
    public mutating func resize(to size: Size2D, backend: ResizeBackend = .cv2) {
        if let normalized {
            floats = normalized.resized(to: size)
        } else {
            picture.resize(to: size, backend)
        }
        labelMap?.resize(to: size, backend)
        moveTargets { $0.resize(to: size) }
        moves.append(.resize(size, backend), &instances)
    }

    /// Keeps the part inside `window`, which lies inside `size`. Boxes are clipped to it, and
    /// instances outside are removed.
    public mutating func crop(to window: PixelWindow) {
        if let normalized {
            floats = normalized.cropped(to: window)
        } else {
            picture.crop(to: window)
        }
        labelMap?.crop(to: window)
        moveTargets { $0.crop(to: window) }
        moves.append(.crop(window), &instances)
    }

    /// Mirrors image, labels, instances and targets: left and right are exchanged.
    public mutating func flipHorizontally() {
        if let normalized {
            floats = normalized.flippedHorizontally()
        } else {
            image = image.flippedHorizontally()
        }
        labels = labels?.flippedHorizontally()
        moveTargets { $0.flipHorizontally() }
        isFlipped.toggle()
        moves.append(.flip, &instances)
    }

    /// Adds rows below and columns to the right until the image is at least `size`: zeros, and
    /// labels `LabelMap.ignore`.
    ///
    /// Zero is the mean in a normalised image, black before.
    public mutating func pad(to size: Size2D) {
        if let floats {
            self.floats = floats.padded(to: size)
        } else if !isNormalized {
            picture = Deferred(image.padded(to: size))
        }
        labels = labels?.padded(to: size)
        moveTargets { $0.pad(to: size) }
        moves.append(.pad(size), &instances)
    }

    /// Marks the image to be converted to normalised floats; later calls have no effect.
    public mutating func normalize(_ normalization: Normalization) {
        if !isNormalized { self.normalization = normalization }
    }

    /// Writes the image in floats, `[h, w, 3]`: normalised if it is to be, else levels of 0 … 255.
    mutating func write(into target: UnsafeMutablePointer<Float>) {
        let size = size
        if let pixels = floats?.pixels ?? (isNormalized ? nil : FloatImage(image).pixels) {
            pixels.withUnsafeBufferPointer { source in
                if let base = source.baseAddress {
                    target.initialize(from: base, count: source.count)
                }
            }
        } else if let normalization {
            let image = image
            normalization.write(image, into: target, rowLength: size.width)
            for y in 0..<size.height {
                let filled = y < image.height ? image.width : 0
                (target + (y * size.width + filled) * 3).initialize(
                    repeating: 0, count: (size.width - filled) * 3)
            }
        }
    }
}
