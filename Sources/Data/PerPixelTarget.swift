import DenseKitComponents
import DenseKitVision

/// A target with one value for every pixel, such as a depth map. It is resized, cropped, flipped
/// and padded with its image here: a new pixel copies the value of the nearest old one, and pixels
/// that padding adds have `padding`.
public protocol PerPixelTarget: SampleTarget {
    /// A pixel's value.
    associatedtype Value: Sendable

    /// The value of pixels that padding adds, which losses ignore.
    static var padding: Value { get }

    /// The values, `[h, w]`, row by row.
    var values: [Value] { get }

    /// A target of this size with its values `[h, w]`, row by row.
    init(size: Size2D, values: [Value])
}

extension PerPixelTarget where Value == Float {
    /// The values of a batch, `[n, h, w]` float32.
    public static func tensor(of batch: [Self]) throws -> Tensor {
        try Tensor.stack(
            batch.map { try Tensor.from($0.values, shape: [$0.size.height, $0.size.width]) })
    }
}

extension PerPixelTarget {
    /// Resizes the target with the image, to `new`: every pixel copies the one whose square its
    /// upper left corner falls into.
    @inlinable
    public mutating func resize(to new: Size2D) {
        let old = size
        take(new) { y, x in (y * old.height / new.height, x * old.width / new.width) }
    }

    /// Keeps the part inside `window`, which lies inside the image.
    @inlinable
    public mutating func crop(to window: PixelWindow) {
        take(window.size) { y, x in (y + window.y, x + window.x) }
    }

    /// Exchanges left and right.
    @inlinable
    public mutating func flipHorizontally() {
        let width = size.width
        take(size) { y, x in (y, width - 1 - x) }
    }

    /// Adds rows below and columns to the right with the value `padding` until the target is at
    /// least `new`.
    @inlinable
    public mutating func pad(to new: Size2D) {
        let old = size
        take(old.union(new)) { y, x in y < old.height && x < old.width ? (y, x) : nil }
    }

    /// Takes another size; `source` is the old pixel that a new one copies, nil for padding.
    @inlinable
    mutating func take(_ new: Size2D, _ source: (_ y: Int, _ x: Int) -> (y: Int, x: Int)?) {
        var taken: [Value] = []
        taken.reserveCapacity(new.height * new.width)
        for y in 0..<new.height {
            for x in 0..<new.width {
                taken.append(source(y, x).map { values[$0.y * size.width + $0.x] } ?? Self.padding)
            }
        }
        self = Self(size: new, values: taken)
    }
}
