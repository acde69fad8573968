import DenseKitErrors

/// Thrown for data that is not a valid mask of an image.
public enum MaskError: DenseKitError, Equatable {
    /// The size has a negative side, or more pixels than `RunLengthMask.maximumPixels`.
    case size(Size2D)
    /// The run at `index` is negative, or longer than any mask.
    case run(index: Int, length: Int)
    /// The runs sum up to `runs`, which is not the number of pixels of `size`.
    case sum(runs: Int, size: Size2D)
    /// The byte at `index` of a compressed mask is none of `0` to `o`.
    case character(UInt8, index: Int)
    /// The number of a compressed mask that begins at `index` is cut off, or is longer than any
    /// run.
    case number(index: Int)
    /// A polygon has an odd number of coordinates.
    case coordinates(count: Int)
    /// The coordinate at `index` of a polygon or box is not a number, or too far away.
    case coordinate(Double, index: Int)
    /// Two masks that are to be combined have different sizes.
    case sizes(Size2D, Size2D)

    public var origin: ErrorOrigin { .input }

    public var problem: String {
        switch self {
        case .size(let size):
            "a mask of \(size) pixels: sides from 0 and at most \(RunLengthMask.maximumPixels) pixels are possible"
        case .run(let index, let length):
            "run \(index) has the length \(length): runs are lengths from 0 to \(RunLengthMask.maximumPixels)"
        case .sum(let runs, let size):
            "the runs cover \(runs) pixels, but \(size) has \(size.height * size.width): is the size [height, width]?"
        case .character(let byte, let index):
            "byte \(index) is \(byte), which no compressed mask has: its characters are '0' to 'o' (48 to 111)"
        case .number(let index):
            "the number that begins at character \(index) does not end, or is longer than any run: is the string cut off?"
        case .coordinates(let count):
            "a polygon of \(count) coordinates: it needs pairs x, y"
        case .coordinate(let value, let index):
            "coordinate \(index) is \(value): coordinates are pixels, at most \(Int(RunLengthMask.farthest)) away"
        case .sizes(let one, let other):
            "masks of \(one) and of \(other) pixels cannot be merged: they belong to images of different sizes"
        }
    }
}
