import DenseKitErrors

/// Why something is not the mask of an image.
public enum MaskError: DenseKitError, Equatable {
    /// A negative side, or more pixels than `RunLengthMask.maximumPixels`.
    case size(Size2D)
    /// A run that is no length, and which one it is.
    case run(index: Int, length: Int)
    /// The runs do not end with the last pixel; `runs` is what they sum up to.
    case sum(runs: Int, size: Size2D)
    /// A byte of a compressed mask that is none of `0` to `o`, and where.
    case character(UInt8, index: Int)
    /// A compressed mask ends in the middle of a number, or one of its numbers, which begins at `index`, is longer than any run.
    case number(index: Int)
    /// A polygon with an odd number of coordinates.
    case coordinates(count: Int)
    /// A coordinate that is no number or too far away, and which one of its polygon or box it is.
    case coordinate(Double, index: Int)
    /// Masks of different sizes have nothing to do with each other.
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
