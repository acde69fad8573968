import DenseKitVision

extension ImagePrediction {
    /// The prediction drawn on its image: label maps with a legend, instances with names and
    /// scores.
    ///
    /// - Parameters:
    ///   - image: the image that was predicted
    ///   - classes: names and colours
    ///   - opacity: of the colours, 0…1
    public func drawing(on image: RGBImage, classes: ClassList, opacity: Double = 0.5) -> RGBImage {
        let style = DrawingStyle(classes: classes, opacity: opacity, size: image.size)
        return explained(drawn(on: image, style), style)
    }
}
