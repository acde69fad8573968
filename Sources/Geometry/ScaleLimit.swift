/// The largest long side and short side of an image, in pixels, for landscape and portrait alike
/// (mmcv's `img_scale`).
public struct ScaleLimit: Sendable, Hashable, CustomStringConvertible {
    /// Largest length of the longer side, in pixels.
    public let long: Int
    /// Largest length of the shorter side, in pixels.
    public let short: Int

    /// Two limits in pixels, in either order: the larger one is `long`.
    public init(_ one: Int, _ other: Int) {
        long = max(one, other)
        short = min(one, other)
    }

    /// Both limits times `ratio`, truncated to integers as mmsegmentation does.
    public func scaled(by ratio: Double) -> ScaleLimit {
        ScaleLimit(Int(Double(long) * ratio), Int(Double(short) * ratio))
    }

    /// `(long, short)`.
    public var description: String { "(\(long), \(short))" }
}
