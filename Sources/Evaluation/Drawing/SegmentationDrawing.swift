import DenseKitVision

/// Pictures of what a segmentation found.
public enum SegmentationDrawing {
    /// The classes of `labels` in their colours over `image`; what is unlabelled, or no class of `classes`, stays as it is.
    ///
    /// - Parameter opacity: of the colours: 0 shows the image alone, 1 the colours alone.
    /// - Precondition: `image` and `labels` have one size.
    public static func overlay(
        _ image: RGBImage, _ labels: LabelMap, classes: ClassList, opacity: Double = 0.5
    ) -> RGBImage {
        precondition(
            image.height == labels.height && image.width == labels.width,
            "an overlay needs labels of the image's size")
        let weight = Int((min(max(opacity, 0), 1) * 256).rounded())
        // The blend of every channel with every value, looked up for each pixel: 768 bytes a class.
        var blends: [UInt8] = []
        for color in classes.palette {
            for channel in [color.red, color.green, color.blue] {
                let own = Int(channel) * weight + 128
                blends += (0..<256).map { value in UInt8((value * (256 - weight) + own) >> 8) }
            }
        }
        var result = image
        result.pixels.withUnsafeMutableBufferPointer { pixels in
            labels.labels.withUnsafeBufferPointer { labels in
                blends.withUnsafeBufferPointer { blends in
                    for (pixel, label) in labels.enumerated() where label < classes.count {
                        let table = Int(label) &* 768
                        let place = 3 &* pixel
                        pixels[place] = blends[table &+ Int(pixels[place])]
                        pixels[place &+ 1] = blends[table &+ 256 &+ Int(pixels[place &+ 1])]
                        pixels[place &+ 2] = blends[table &+ 512 &+ Int(pixels[place &+ 2])]
                    }
                }
            }
        }
        return result
    }

    /// `labels` alone, each class in its colour, the rest black.
    public static func map(_ labels: LabelMap, classes: ClassList) -> RGBImage {
        overlay(RGBImage(height: labels.height, width: labels.width), labels, classes: classes, opacity: 1)
    }

    /// Pictures side by side from the left, each under its caption, on white; none where there are no pictures.
    public static func sideBySide(
        _ pictures: [(caption: String, image: RGBImage)], gap: Int = 8, scale: Int = 1
    ) -> RGBImage? {
        guard let height = pictures.map(\.image.height).max() else { return nil }
        let head = Canvas.size(of: "", scale: scale).height + 4 * scale
        let width = pictures.map(\.image.width).reduce(0, +) + gap * (pictures.count - 1)
        var canvas = Canvas(RGBImage(height: head + height, width: width, fill: RGBColor(255, 255, 255)))
        var x = 0
        for (caption, image) in pictures {
            let letters = max(image.width / (BitmapFont.advance * scale), 0)
            canvas.text(
                String(caption.prefix(letters)), x: x + scale, y: 3 * scale, RGBColor(0, 0, 0), scale: scale)
            canvas.paste(image, x: x, y: head)
            x += image.width + gap
        }
        return canvas.image
    }
}
