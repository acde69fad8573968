/// What the long and the short side of an image may measure, whichever way up it is.
public struct ScaleLimit: Sendable, Hashable, CustomStringConvertible {
    public let long: Int
    public let short: Int

    /// The order of the two does not matter.
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
