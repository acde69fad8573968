/// The library whose arithmetic a resize follows to the bit. They differ by up to 28 levels where a picture is halved.
public enum ResizeBackend: String, Codable, Sendable, CaseIterable {
    /// OpenCV: two neighbours on each axis, however much a picture shrinks; nearest floors. As mmsegmentation by default.
    case cv2
    /// Pillow: every pixel under the triangle, which widens as a picture shrinks; nearest takes the pixel under the centre. Versions up
    /// to 12; 13 takes rows before columns where that is less work, which changes single levels by one.
    case pil
}

extension ResizeBackend {
    /// The source pixel that each output pixel of one axis copies in a nearest resize.
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
