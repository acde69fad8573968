/// Where each output pixel of one axis reads in a bilinear resize, and with which weights (OpenCV's
/// `INTER_LINEAR`).
///
/// Pixel centres are aligned at the half: `source = (target + 0.5) · scale − 0.5`, computed in
/// double and rounded to float.
struct LinearAxis {
    /// The first of the two source pixels; it may be −1 on an axis whose weights were not clamped.
    var first: [Int]
    /// The fraction of the way to the next source pixel.
    var fraction: [Float]

    /// - Parameters:
    ///   - clamped: the horizontal rule: outside the border the fraction is 0 (OpenCV clamps rows
    ///     later, and only their index).
    ///   - range: the output pixels wanted.
    init(source: Int, target: Int, range: Range<Int>, clamped: Bool) {
        let scale = 1 / (Double(target) / Double(source))
        first = []
        fraction = []
        first.reserveCapacity(range.count)
        fraction.reserveCapacity(range.count)
        for position in range {
            let at = Float((Double(position) + 0.5) * scale - 0.5)
            var index = Int(at.rounded(.down))
            var rest = at - Float(index)
            if clamped, index < 0 {
                index = 0
                rest = 0
            }
            if clamped, index >= source - 1 {
                index = source - 1
                rest = 0
            }
            first.append(index)
            fraction.append(rest)
        }
    }

    /// The two weights as OpenCV's 11-bit fixed point, rounded half to even.
    static func fixedPoint(_ fraction: Float) -> (Int16, Int16) {
        (
            Int16(((1 - fraction) * 2048).rounded(.toNearestOrEven)),
            Int16((fraction * 2048).rounded(.toNearestOrEven))
        )
    }
}

/// Whether OpenCV takes its area path for `INTER_LINEAR`: both sides shrink to exactly one half.
func isExactHalf(_ source: Size2D, _ target: Size2D) -> Bool {
    source.height == 2 * target.height && source.width == 2 * target.width
}
