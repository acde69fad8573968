import DenseKitComponents
import DenseKitVision

/// A picture on its way from the data set to the network, with its labels or the things in it.
///
/// What is asked for is kept in mind until somebody looks at the pixels: of a resize, the part that a following crop drops is never
/// computed; and a normalised, padded picture is written straight into its batch.
public struct DataSample: Sendable {
    /// The file's name, for messages and for the names of results.
    public let name: String
    /// What was done to the file's pixels to make them upright 8-bit RGB.
    public let traits: ImageTraits
    /// Whether left and right are exchanged.
    public private(set) var isFlipped = false

    /// The things in the picture, where the data set knows them one by one. Those that a crop leaves out are gone.
    public private(set) var instances: [Instance]?
    /// Whether the batch is to hold the masks of `instances`.
    public var wantsMasks: Bool

    /// Targets of kinds of their own, for tasks of plugins.
    public private(set) var targets: [any SampleTarget] = []

    private var picture: Deferred<RGBImage>
    private var labelMap: Deferred<LabelMap>?
    private var moves: Moves
    /// Set by `normalize`. The floats are made when they are asked for; until then only `moves` knows of the padding.
    private var normalization: Normalization?
    private var floats: FloatImage?

    /// - Parameters:
    ///   - labels: as large as `image`; nil where the data set has none.
    ///   - instances: in pixels of `image`; nil where the data set has no such thing, empty for a picture with nothing in it.
    ///   - wantsMasks: whether the masks of `instances` are to be learnt. One without a mask that can be (`SegmentationFault`) is then a
    ///     region from which nothing is learnt, as a crowd is.
    public init(
        name: String, image: RGBImage, labels: LabelMap? = nil, instances: [Instance]? = nil, wantsMasks: Bool = false,
        traits: ImageTraits = []
    ) {
        precondition(labels == nil || labels?.size == image.size, "labels are as large as their picture")
        self.name = name
        self.instances = wantsMasks ? instances?.map { $0.withMask(in: image.size) } : instances
        self.wantsMasks = wantsMasks
        self.traits = traits
        picture = Deferred(image)
        labelMap = labels.map(Deferred.init)
        moves = Moves(image.size)
    }

    /// The size of the picture as the data set delivered it, upright.
    public var originalSize: Size2D { moves.originalSize }

    /// The size that the picture has by now.
    public var size: Size2D { moves.size }

    /// How the picture came from its file.
    public var geometry: ImageGeometry { moves.geometry }

    /// Whether a prediction can be brought back to the file's picture by cutting off the padding and resizing: true unless the picture was
    /// mirrored or cropped, resized with its padding, or exchanged for one of another size.
    public var isReversible: Bool { moves.isReversible }

    /// For every row and every column that of the file's picture which masks copy; -1 in padding.
    func maskSources() -> (rows: [Int], columns: [Int]) { moves.sources() }

    /// Whether the picture is in floats.
    public var isNormalized: Bool { normalization != nil }

    /// The 8-bit picture. What it was before normalisation, from then on. Another size moves no boxes: that is for the methods below.
    public var image: RGBImage {
        mutating get { picture.value() }
        set {
            picture = Deferred(newValue)
            if !isNormalized { moves.changeSize(newValue.size) }
        }
    }

    /// A class for every pixel; `LabelMap.ignore` where there is none.
    public var labels: LabelMap? {
        mutating get { labelMap?.value() }
        set { labelMap = newValue.map(Deferred.init) }
    }

    /// The picture in floats, once it is normalised.
    public var normalized: FloatImage? {
        mutating get {
            if floats == nil, let normalization {
                floats = normalization(image).padded(to: size)
            }
            return floats
        }
    }

    /// The target of a kind of its own; nil where the data set has none.
    public func target<Target: SampleTarget>(_ type: Target.Type) -> Target? { targets.lazy.compactMap { $0 as? Target }.first }

    /// Adds a target of a kind of its own, or puts it in the place of the one of its kind.
    ///
    /// - Throws: `DataError` for a target that is not as large as the image is by now.
    public mutating func add<Target: SampleTarget>(_ target: Target) throws {
        guard target.size == size else {
            throw DataError(
                name, "its \(Target.name) is \(target.size), the image \(size)", remedy: "give both in one size")
        }
        targets.removeAll { $0 is Target }
        targets.append(target)
    }

    private mutating func moveTargets(_ move: (inout any SampleTarget) -> Void) {
        for index in targets.indices { move(&targets[index]) }
    }

    /// The labels of one window of the picture, as `crop(to: window)` would leave them.
    public func labels(in window: PixelWindow) -> LabelMap? { labelMap?.cropped(to: window) }

    /// Resizes the picture (bilinear) and the labels (nearest); boxes are scaled, and clipped to the picture. Floats are resized as OpenCV
    /// does: Pillow has none of three channels.
    public mutating func resize(to size: Size2D, backend: ResizeBackend = .cv2) {
        if let normalized { floats = normalized.resized(to: size) } else { picture.resize(to: size, backend) }
        labelMap?.resize(to: size, backend)
        moveTargets { $0.resize(to: size) }
        moves.append(.resize(size, backend), &instances)
    }

    /// Keeps one window, which lies inside `size`. Boxes are clipped to it, and things outside are gone.
    public mutating func crop(to window: PixelWindow) {
        if let normalized { floats = normalized.cropped(to: window) } else { picture.crop(to: window) }
        labelMap?.crop(to: window)
        moveTargets { $0.crop(to: window) }
        moves.append(.crop(window), &instances)
    }

    /// Exchanges left and right.
    public mutating func flipHorizontally() {
        if let normalized { floats = normalized.flippedHorizontally() } else { image = image.flippedHorizontally() }
        labels = labels?.flippedHorizontally()
        moveTargets { $0.flipHorizontally() }
        isFlipped.toggle()
        moves.append(.flip, &instances)
    }

    /// Adds rows below and columns to the right until the picture is `size` at least: zeros, and labels to be ignored.
    ///
    /// Zero is the mean once the picture is normalised, black before.
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

    /// Turns the 8-bit picture into floats. Once only; a second call does nothing.
    public mutating func normalize(_ normalization: Normalization) {
        if !isNormalized { self.normalization = normalization }
    }

    /// Writes the picture in floats, `[h, w, 3]`: normalised if it is to be, else levels of 0 … 255.
    mutating func write(into target: UnsafeMutablePointer<Float>) {
        let size = size
        if let pixels = floats?.pixels ?? (isNormalized ? nil : FloatImage(image).pixels) {
            pixels.withUnsafeBufferPointer { source in
                if let base = source.baseAddress { target.initialize(from: base, count: source.count) }
            }
        } else if let normalization {
            let image = image
            normalization.write(image, into: target, rowLength: size.width)
            for y in 0..<size.height {
                let filled = y < image.height ? image.width : 0
                (target + (y * size.width + filled) * 3).initialize(repeating: 0, count: (size.width - filled) * 3)
            }
        }
    }
}
