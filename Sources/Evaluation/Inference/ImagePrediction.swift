import DenseKitData
import DenseKitVision

/// A prediction for one image, or its annotation, in the image's own pixels. Each task has its own
/// type, which can be drawn and written to a file.
public protocol ImagePrediction: Sendable {
    /// The prediction without the parts whose score is below `scoreThreshold`, 0…1; unchanged if
    /// not implemented.
    func filtered(scoreThreshold: Double) -> Self

    /// `image` with the prediction drawn over it.
    func drawn(on image: RGBImage, _ style: DrawingStyle) -> RGBImage

    /// `drawing` with an explanation added, such as a legend; unchanged if not implemented.
    func explained(_ drawing: RGBImage, _ style: DrawingStyle) -> RGBImage

    /// Writes the prediction to a file for further processing.
    ///
    /// - Parameters:
    ///   - stem: the path without its extension
    ///   - classes: of the model
    func write(to stem: String, classes: ClassList) throws
}

extension ImagePrediction {
    /// The whole prediction, whatever the threshold.
    public func filtered(scoreThreshold: Double) -> Self { self }
    /// `drawing` unchanged.
    public func explained(_ drawing: RGBImage, _ style: DrawingStyle) -> RGBImage { drawing }
}

/// Colours and sizes for drawing predictions.
public struct DrawingStyle: Sendable {
    /// The names and colours of the classes.
    public var classes: ClassList
    /// The opacity of the colours: 0 shows the image alone, 1 the colours alone.
    public var opacity: Double
    /// Pixels for a dot of the font.
    public var scale: Int
    /// Pixels of the drawing along a side of an image pixel: above 1 for small images that labels
    /// would cover.
    public var upsamplingFactor: Int

    /// A style that fits images of `size`: the font grows with large images, and small images are
    /// scaled up so that names can be read.
    ///
    /// - Parameters:
    ///   - classes: names and colours
    ///   - opacity: of the colours, 0…1
    ///   - size: of the image, in pixels
    public init(classes: ClassList, opacity: Double, size: Size2D) {
        self.classes = classes
        self.opacity = opacity
        scale = max(1, size.shortSide / 400)
        upsamplingFactor = max(1, 360 / max(1, size.shortSide))
    }
}

/// A class for every pixel: drawn in the colours of the classes with a legend, written as a palette
/// PNG.
public struct LabelPrediction: ImagePrediction {
    /// The class indices, of the image's size.
    public let labels: LabelMap

    /// A prediction of a class for every pixel.
    ///
    /// - Parameter labels: of the image's size
    public init(_ labels: LabelMap) { self.labels = labels }

    /// `image` with the colours of the classes over it.
    public func drawn(on image: RGBImage, _ style: DrawingStyle) -> RGBImage {
        SegmentationDrawing.overlay(image, labels, classes: style.classes, opacity: style.opacity)
    }

    /// `drawing` with a legend of the classes below it.
    public func explained(_ drawing: RGBImage, _ style: DrawingStyle) -> RGBImage {
        Legend(labels, classes: style.classes, scale: style.scale).attached(to: drawing)
    }

    /// Writes the label map as a palette PNG, `stem.png`.
    /// - Throws: what `LabelFile.write` throws.
    public func write(to stem: String, classes: ClassList) throws {
        try LabelFile.write(labels, classes: classes, to: stem + ".png")
    }
}

/// Instances of an image: drawn with boxes, masks and class names, written as JSON.
public struct InstancePrediction: ImagePrediction {
    /// The instances, the highest score first.
    public let instances: [DetectedInstance]

    /// A prediction of instances.
    ///
    /// - Parameter instances: the highest score first
    public init(_ instances: [DetectedInstance]) { self.instances = instances }

    /// The instances with a score of at least `scoreThreshold`. Annotations, which have no score,
    /// stay.
    public func filtered(scoreThreshold: Double) -> InstancePrediction {
        InstancePrediction(instances.filter { ($0.score ?? 1) >= Float(scoreThreshold) })
    }

    /// `image`, scaled up as the style defines, with boxes, masks, class names and scores over it.
    public func drawn(on image: RGBImage, _ style: DrawingStyle) -> RGBImage {
        InstanceDrawing.overlay(
            image, instances, classes: style.classes, opacity: style.opacity,
            upsamplingFactor: style.upsamplingFactor,
            scale: style.scale)
    }

    /// Writes the instances as JSON, `stem.json` (`InstanceFile`).
    /// - Throws: `CheckpointError` where the file cannot be written.
    public func write(to stem: String, classes: ClassList) throws {
        try InstanceFile(instances, classes: classes).write(to: stem + ".json")
    }
}
