import Vision

/// A picture on its way from the data set to the network, with its labels.
///
/// A resize is kept in mind until somebody looks at the pixels: the part that a following crop drops is never computed.
public struct Sample: Sendable {
    /// The file's name, for messages and for the names of results.
    public let name: String
    /// The size of the picture as the data set delivered it, upright.
    public let originalSize: Size
    /// What was done to the file's pixels to make them upright 8-bit RGB.
    public let traits: ImageTraits
    /// Whether left and right are exchanged.
    public private(set) var isFlipped = false
    /// The picture in floats, once it is normalised; the 8-bit picture is empty from then on.
    public private(set) var normalized: FloatImage?

    private var picture: Deferred<Image>
    private var labelMap: Deferred<LabelMap>?

    /// - Parameter labels: as large as `image`; nil where the data set has none.
    public init(name: String, image: Image, labels: LabelMap? = nil, traits: ImageTraits = []) {
        precondition(labels == nil || labels?.size == image.size, "labels are as large as their picture")
        self.name = name
        self.traits = traits
        originalSize = image.size
        picture = Deferred(image)
        labelMap = labels.map(Deferred.init)
    }

    /// The size that the picture has by now.
    public var size: Size { normalized?.size ?? picture.size }

    /// The 8-bit picture, until it is normalised.
    public var image: Image {
        mutating get { picture.value() }
        set { picture = Deferred(newValue) }
    }

    /// A class for every pixel; `LabelMap.ignore` where there is none.
    public var labels: LabelMap? {
        mutating get { labelMap?.value() }
        set { labelMap = newValue.map(Deferred.init) }
    }

    /// The labels of one window of the picture, as `crop(to: window)` would leave them.
    public func labels(in window: Window) -> LabelMap? { labelMap?.cropped(to: window) }

    /// Resizes the picture (bilinear) and the labels (nearest).
    public mutating func resize(to size: Size) {
        if let normalized { self.normalized = normalized.resized(to: size) } else { picture.resize(to: size) }
        labelMap?.resize(to: size)
    }

    /// Keeps one window, which lies inside `size`.
    public mutating func crop(to window: Window) {
        if let normalized { self.normalized = normalized.cropped(to: window) } else { picture.crop(to: window) }
        labelMap?.crop(to: window)
    }

    /// Exchanges left and right.
    public mutating func flipHorizontally() {
        if let normalized { self.normalized = normalized.flippedHorizontally() } else { image = image.flippedHorizontally() }
        labels = labels?.flippedHorizontally()
        isFlipped.toggle()
    }

    /// Adds rows below and columns to the right until the picture is `size` at least: zeros, and labels to be ignored.
    ///
    /// Zero is the mean once the picture is normalised, black before.
    public mutating func pad(to size: Size) {
        if let normalized { self.normalized = normalized.padded(to: size) } else { image = image.padded(to: size) }
        labels = labels?.padded(to: size)
    }

    /// Turns the 8-bit picture into floats. Once only; a second call does nothing.
    public mutating func normalize(_ normalization: Normalization) {
        guard normalized == nil else { return }
        normalized = normalization(image)
        picture = Deferred(Image(height: 0, width: 0))
    }
}

/// A raster with a resize that has not happened yet.
private struct Deferred<Raster: Resizable & Sendable>: Sendable {
    private var source: Raster
    private var pending: (target: Size, window: Window)?

    init(_ source: Raster) { self.source = source }

    var size: Size { pending?.window.size ?? source.size }

    mutating func value() -> Raster {
        if let pending {
            source = source.resized(to: pending.target, window: pending.window)
            self.pending = nil
        }
        return source
    }

    mutating func resize(to size: Size) {
        _ = value()
        pending = (size, Window(size))
    }

    mutating func crop(to window: Window) {
        if let pending {
            self.pending = (pending.target, pending.window.subwindow(window))
        } else {
            source = source.cropped(to: window)
        }
    }

    func cropped(to window: Window) -> Raster {
        var copy = self
        copy.crop(to: window)
        return copy.value()
    }
}

/// What pictures and label maps have in common here.
private protocol Resizable {
    var size: Size { get }
    func resized(to size: Size, window: Window?) -> Self
    func cropped(to window: Window) -> Self
}

extension Image: Resizable {}
extension LabelMap: Resizable {}
