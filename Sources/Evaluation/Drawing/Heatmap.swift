import DenseKitVision

/// Draws scores of the pixels over an image: blue for the lowest, red for the highest.
public enum Heatmap {
    /// `image` with the scores as colours over it.
    ///
    /// - Parameters:
    ///   - image: to draw on
    ///   - scores: one for every pixel, row by row; their range is scaled to the range of colours
    ///   - opacity: of the colours: 0 shows the image alone, 1 the colours alone
    /// - Precondition: there are as many scores as pixels.
    public static func overlay(_ image: RGBImage, scores: [Float], opacity: Double = 0.5)
        -> RGBImage
    {
        precondition(
            scores.count == image.height * image.width, "a heatmap needs a score for every pixel")
        let low = scores.min() ?? 0
        let high = scores.max() ?? 0
        let scale = high > low ? 255 / (high - low) : 0
        let weight = Int((min(max(opacity, 0), 1) * 256).rounded())
        let colors = (0..<256).map(color)
        var result = image
        for (pixel, score) in scores.enumerated() {
            let color = colors[min(255, max(0, Int(((score - low) * scale).rounded())))]
            for (channel, value) in [color.red, color.green, color.blue].enumerated() {
                let place = 3 * pixel + channel
                result.pixels[place] = UInt8(
                    (Int(result.pixels[place]) * (256 - weight) + Int(value) * weight + 128) >> 8)
            }
        }
        return result
    }

    /// Blue, cyan, green, yellow, red; 0 to 255.
    static func color(_ level: Int) -> RGBColor {
        /// Full within a quarter of `center`, falling to nothing at three eighths.
        func channel(_ center: Int) -> UInt8 {
            UInt8(max(0, min(255, 383 - 4 * abs(level - center))))
        }
        return RGBColor(channel(191), channel(128), channel(64))
    }
}
