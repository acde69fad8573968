import DenseKitVision

/// Draws label maps.
public enum SegmentationDrawing {
    /// `image` with the classes of `labels` as colours over it; pixels that are unlabelled, or
    /// whose class is not in `classes`, stay as they are.
    ///
    /// - Parameters:
    ///   - image: to draw on
    ///   - labels: of its pixels
    ///   - classes: names and colours
    ///   - opacity: of the colours: 0 shows the image alone, 1 the colours alone.
    /// - Precondition: `image` and `labels` have the same size.
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

    /// The label map as an image: each class in its colour, other pixels black.
    public static func map(_ labels: LabelMap, classes: ClassList) -> RGBImage {
        overlay(
            RGBImage(height: labels.height, width: labels.width), labels, classes: classes,
            opacity: 1)
    }

    /// The images from left to right, each under its caption, on white; nil where there are no
    /// images.
    /// - Parameters:
    ///   - drawings: the images with their captions
    ///   - gap: pixels between two images
    ///   - scale: pixels for a dot of the font
    public static func sideBySide(
        _ drawings: [(caption: String, image: RGBImage)], gap: Int = 8, scale: Int = 1
    ) -> RGBImage? {
        guard let height = drawings.map(\.image.height).max() else { return nil }
        let head = ImageCanvas.size(of: "", scale: scale).height + 4 * scale
        let width = drawings.map(\.image.width).reduce(0, +) + gap * (drawings.count - 1)
        var canvas = ImageCanvas(
            RGBImage(height: head + height, width: width, fill: RGBColor(255, 255, 255)))
        var x = 0
        for (caption, image) in drawings {
            let letters = max(image.width / (BitmapFont.advance * scale), 0)
            canvas.text(
                String(caption.prefix(letters)), x: x + scale, y: 3 * scale, RGBColor(0, 0, 0),
                scale: scale)
            canvas.paste(image, x: x, y: head)
            x += image.width + gap
        }
        return canvas.image
    }
}
