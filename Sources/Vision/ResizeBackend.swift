/// The library whose arithmetic a resize follows bit for bit. Results of the two differ by up to 28
/// levels where an image is halved.
public enum ResizeBackend: String, Codable, Sendable, CaseIterable {
    /// OpenCV, the default of mmsegmentation: bilinear takes two neighbours on each axis, however
    /// much an image shrinks; nearest rounds down.
    case cv2
    /// Pillow up to version 12: bilinear takes every pixel under a triangle that widens as an image
    /// shrinks; nearest takes the pixel under the centre. (Version 13 takes rows before columns
    /// where that is less work, which changes single levels by one.)
    case pil
}

extension ResizeBackend {
    /// The source pixel that each output pixel in `range` of one axis copies in a nearest resize
    /// from `source` to `target` pixels.
    public func nearest(source: Int, target: Int, range: Range<Int>) -> [Int] {
        switch self {
        case .cv2:
            let scale = 1 / (Double(target) / Double(source))
            return range.map { min(Int((Double($0) * scale).rounded(.down)), source - 1) }
        case .pil:
            // Pillow adds the step up, with its rounding errors.
            let step = Double(source) / Double(target)
            var at = step * 0.5
            var picked: [Int] = []
            for position in 0..<range.upperBound {
                if position >= range.lowerBound { picked.append(min(Int(at), source - 1)) }
                at += step
            }
            return picked
        }
    }
}

extension Size2D {
    /// The part of a resize to compute: `window`, or all of `size`. Stops the program for a raster
    /// of this size without pixels, and for a window that reaches beyond the result.
    func window(_ window: PixelWindow?, ofResizeTo size: Size2D) -> PixelWindow {
        let window = window ?? PixelWindow(size)
        precondition(
            height > 0 && width > 0 && window.lies(in: size),
            "a resize needs pixels, and a window inside the result")
        return window
    }
}
