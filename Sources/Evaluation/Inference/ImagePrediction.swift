import DenseKitData
import DenseKitVision

/// What a model finds in one image, or a person annotated, in the image's own pixels. Each task has a type of its own, which knows how it is
/// drawn and written to a file.
public protocol ImagePrediction: Sendable {
    /// This prediction without what the model scores below `scoreThreshold`, 0…1. All of it where the type does not say more.
    func filtered(scoreThreshold: Double) -> Self

    /// Draws it over `image`, of which it is a prediction.
    func drawn(on image: RGBImage, _ style: DrawingStyle) -> RGBImage

    /// `drawing` with what explains it, such as a legend. The drawing alone where the type does not say more.
    func explained(_ drawing: RGBImage, _ style: DrawingStyle) -> RGBImage

    /// Writes it to a file to process further.
    ///
    /// - Parameters:
    ///   - stem: the path without its ending
    ///   - classes: of the model
    func write(to stem: String, classes: ClassList) throws
}

extension ImagePrediction {
    public func filtered(scoreThreshold: Double) -> Self { self }
    public func explained(_ drawing: RGBImage, _ style: DrawingStyle) -> RGBImage { drawing }
}

/// How predictions are drawn.
public struct DrawingStyle: Sendable {
    /// The names and colours of the classes.
    public var classes: ClassList
    /// Of the colours: 0 shows the image alone, 1 the colours alone.
    public var opacity: Double
    /// Pixels for a dot of the font.
    public var scale: Int
    /// Pixels of the drawing along a side of a pixel of the image, for names in small images.
    public var enlargement: Int

    /// - Parameters:
    ///   - classes: their names and colours
    ///   - opacity: of the colours, 0…1
    ///   - size: of the image: letters grow with it, and names are readable in small images too
    public init(classes: ClassList, opacity: Double, size: Size2D) {
        self.classes = classes
        self.opacity = opacity
        scale = max(1, size.shortSide / 400)
        enlargement = max(1, 360 / max(1, size.shortSide))
    }
}

/// A class for every pixel: drawn in the classes' colours with a legend, written as a palette PNG.
public struct LabelPrediction: ImagePrediction {
    /// As large as the image.
    public let labels: LabelMap

    /// - Parameter labels: as large as the image
    public init(_ labels: LabelMap) { self.labels = labels }

    public func drawn(on image: RGBImage, _ style: DrawingStyle) -> RGBImage {
        SegmentationDrawing.overlay(image, labels, classes: style.classes, opacity: style.opacity)
    }

    public func explained(_ drawing: RGBImage, _ style: DrawingStyle) -> RGBImage {
        Legend(labels, classes: style.classes, scale: style.scale).attached(to: drawing)
    }

    public func write(to stem: String, classes: ClassList) throws {
        try LabelFile.write(labels, classes: classes, to: stem + ".png")
    }
}

/// Instances: drawn with boxes, masks and names, written as JSON.
public struct InstancePrediction: ImagePrediction {
    /// The highest score first.
    public let instances: [DetectedInstance]

    /// - Parameter instances: the highest score first
    public init(_ instances: [DetectedInstance]) { self.instances = instances }

    /// Annotations have no score and stay.
    public func filtered(scoreThreshold: Double) -> InstancePrediction {
        InstancePrediction(instances.filter { ($0.score ?? 1) >= Float(scoreThreshold) })
    }

    public func drawn(on image: RGBImage, _ style: DrawingStyle) -> RGBImage {
        InstanceDrawing.overlay(
            image, instances, classes: style.classes, opacity: style.opacity, enlargement: style.enlargement,
            scale: style.scale)
    }

    public func write(to stem: String, classes: ClassList) throws {
        try InstanceFile(instances, classes: classes).write(to: stem + ".json")
    }
}
