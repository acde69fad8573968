import DenseKitVision
import Foundation

/// Draws detected or annotated instances.
public enum InstanceDrawing {
    /// `image` with the instances over it: masks in the colours of their classes, boxes, and labels
    /// with class names and scores. Instances with a higher score are drawn on top.
    ///
    /// Instances whose class is not in `classes` are left out, and so are masks of another size
    /// than the image.
    /// - Parameters:
    ///   - image: to draw on
    ///   - instances: in pixels of `image`
    ///   - classes: names and colours
    ///   - opacity: of the masks; their outlines are opaque. 0 shows no masks.
    ///   - upsamplingFactor: pixels of the result along a side of an image pixel, for small images
    ///     that labels would cover.
    ///   - scale: pixels for a dot of the font.
    public static func overlay(
        _ image: RGBImage, _ instances: [DetectedInstance], classes: ClassList,
        opacity: Double = 0.5, upsamplingFactor: Int = 1,
        scale: Int = 1
    ) -> RGBImage {
        let shown = instances.filter { classes.palette.indices.contains($0.label) }.sorted {
            ($0.score ?? 1) < ($1.score ?? 1)
        }
        var picture = image.upsampled(by: upsamplingFactor)
        if opacity > 0 {
            for instance in shown {
                guard let mask = instance.mask, mask.size == image.size else { continue }
                picture.cover(
                    mask, classes.palette[instance.label], opacity: min(opacity, 1),
                    upsamplingFactor: upsamplingFactor)
            }
        }
        var canvas = ImageCanvas(picture)
        for instance in shown {
            canvas.outline(
                rectangle(instance.box, upsamplingFactor), classes.palette[instance.label],
                thickness: max(1, 2 * scale - 1))
        }
        for instance in shown {
            let name = classes.names[instance.label]
            let color = classes.palette[instance.label]
            canvas.name(
                rectangle(instance.box, upsamplingFactor), caption(instance, name), color,
                scale: scale)
        }
        return canvas.image
    }

    private static func caption(_ instance: DetectedInstance, _ name: String) -> String {
        let score = instance.score.map { String(format: " %.2f", $0) } ?? ""
        return name + (instance.isCrowd ? " (crowd)" : "") + score
    }

    /// The whole pixels that a box touches, at least one.
    private static func rectangle(_ box: BoundingBox, _ upsamplingFactor: Int) -> PixelWindow {
        func pixel(_ coordinate: Float) -> Int {
            coordinate.isFinite ? Int(min(max(coordinate, -1e6), 1e6)) * upsamplingFactor : 0
        }
        let left = pixel(box.x1.rounded(.down))
        let top = pixel(box.y1.rounded(.down))
        let right = pixel(box.x2.rounded(.up))
        let bottom = pixel(box.y2.rounded(.up))
        return PixelWindow(
            y: top, x: left, height: max(bottom - top, 1), width: max(right - left, 1))
    }
}

extension RGBImage {
    /// The image with every pixel as a square of `factor` × `factor` pixels; unchanged for a factor
    /// of 1 or less.
    public func upsampled(by factor: Int) -> RGBImage {
        guard factor > 1 else { return self }
        var result = RGBImage(height: height * factor, width: width * factor)
        result.pixels.withUnsafeMutableBufferPointer { target in
            pixels.withUnsafeBufferPointer { source in
                for y in 0..<height * factor {
                    for x in 0..<width * factor {
                        let to = 3 * (y * width * factor + x)
                        let from = 3 * (y / factor * width + x / factor)
                        for channel in 0..<3 { target[to + channel] = source[from + channel] }
                    }
                }
            }
        }
        return result
    }

    /// Blends `color` with the pixels inside of a mask; the outermost of them take it alone.
    ///
    /// - Parameter mask: of the image before its enlargement
    fileprivate mutating func cover(
        _ mask: RunLengthMask, _ color: RGBColor, opacity: Double, upsamplingFactor: Int
    ) {
        let height = height
        let width = width
        let small = width / upsamplingFactor
        let area = mask.boundingBox
        let rows = Int(area.y) * upsamplingFactor..<Int(area.y + area.height) * upsamplingFactor
        let columns = Int(area.x) * upsamplingFactor..<Int(area.x + area.width) * upsamplingFactor
        let weight = Int((opacity * 256).rounded())
        let channels = [Int(color.red), Int(color.green), Int(color.blue)]
        pixels.withUnsafeMutableBufferPointer { pixels in
            mask.bitmap().withUnsafeBufferPointer { mask in
                func inside(_ x: Int, _ y: Int) -> Bool {
                    x >= 0 && y >= 0 && x < width && y < height
                        && mask[y / upsamplingFactor * small + x / upsamplingFactor] != 0
                }
                for y in rows {
                    for x in columns where inside(x, y) {
                        let isEdge =
                            !(inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1)
                            && inside(x, y + 1))
                        let weight = isEdge ? 256 : weight
                        let pixel = 3 * (y * width + x)
                        for channel in 0..<3 {
                            let value = Int(pixels[pixel + channel])
                            pixels[pixel + channel] = UInt8(
                                (value * (256 - weight) + channels[channel] * weight + 128) >> 8)
                        }
                    }
                }
            }
        }
    }
}
