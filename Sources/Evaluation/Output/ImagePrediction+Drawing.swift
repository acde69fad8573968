import DenseKitVision

extension ImagePrediction {
    /// The prediction drawn on its image: class maps with a legend, instances with names and scores.
    ///
    /// - Parameter opacity: how much of a class's colour covers the image, 0…1
    public func drawing(on image: RGBImage, classes: ClassList, opacity: Double = 0.5) -> RGBImage {
        let overlay = overlay(on: image, classes: classes, opacity: opacity)
        return explained(overlay, classes: classes, scale: Self.letterScale(image))
    }

    /// The image with the prediction's colours, without a legend.
    func overlay(on image: RGBImage, classes: ClassList, opacity: Double) -> RGBImage {
        switch self {
        case .labels(let labels): SegmentationDrawing.overlay(image, labels, classes: classes, opacity: opacity)
        case .instances(let instances):
            InstanceDrawing.overlay(
                image, instances, classes: classes, opacity: opacity, enlargement: Self.enlargement(image),
                scale: Self.letterScale(image))
        }
    }

    /// `drawing` with a legend, where what is drawn does not name itself.
    func explained(_ drawing: RGBImage, classes: ClassList, scale: Int) -> RGBImage {
        guard case .labels(let labels) = self else { return drawing }
        return Legend(labels, classes: classes, scale: scale).attached(to: drawing)
    }

    /// A prediction of the same kind that says nothing.
    var emptied: ImagePrediction {
        switch self {
        case .labels(let labels): .labels(LabelMap(height: labels.height, width: labels.width))
        case .instances: .instances([])
        }
    }

    /// Names of instances are readable in small images too.
    private static func enlargement(_ image: RGBImage) -> Int { max(1, 360 / max(1, min(image.height, image.width))) }

    /// Letters grow with the image.
    static func letterScale(_ image: RGBImage) -> Int { max(1, min(image.height, image.width) / 400) }
}
