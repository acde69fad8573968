/// The mask of an instance as run lengths: COCO's form, equal to pycocotools' to the last run.
///
/// Runs go down the columns, from left to right, and alternate between outside and inside; the
/// first is outside, and may be empty. Other runs may be empty too, where a file has such runs.
public struct RunLengthMask: Sendable, Hashable {
    /// The size of the image in pixels.
    public let size: Size2D
    /// The lengths of the runs, alternately outside and inside; they sum up to the number of
    /// pixels.
    public let counts: [UInt32]

    /// The largest number of pixels of a mask, 2³¹ − 1.
    public static let maximumPixels = Int(Int32.max)

    /// Runs that are known to fit.
    init(size: Size2D, fitting counts: [UInt32]) {
        self.size = size
        self.counts = counts
    }

    /// An empty mask of an image of `size`.
    /// - Throws: `MaskError.size` for an impossible size.
    public init(emptyOf size: Size2D) throws(MaskError) {
        self.init(size: size, fitting: [UInt32(try Self.pixels(of: size))])
    }

    /// The mask with these run lengths, COCO's uncompressed form.
    /// - Throws: `MaskError` for an impossible size, a run that is not a length, and runs that do
    ///   not sum up to the number of pixels.
    public init(counts: some Sequence<some BinaryInteger>, size: Size2D) throws(MaskError) {
        let pixels = try Self.pixels(of: size)
        var runs: [UInt32] = []
        runs.reserveCapacity(counts.underestimatedCount)
        var sum = 0
        for count in counts {
            guard let run = UInt32(exactly: count), run <= Self.maximumPixels else {
                throw .run(index: runs.count, length: Int(clamping: count))
            }
            sum += Int(run)
            guard sum <= pixels else { throw .sum(runs: sum, size: size) }
            runs.append(run)
        }
        guard sum == pixels else { throw .sum(runs: sum, size: size) }
        self.init(size: size, fitting: runs)
    }

    /// The number of pixels of an image that may have a mask.
    static func pixels(of size: Size2D) throws(MaskError) -> Int {
        let (pixels, overflow) = size.height.multipliedReportingOverflow(by: size.width)
        guard size.height >= 0, size.width >= 0, !overflow, pixels <= maximumPixels else {
            throw .size(size)
        }
        return pixels
    }

    /// The number of pixels inside the mask.
    public var area: Int {
        var area = 0
        forEachRun { area += $0.count }
        return area
    }

    /// The smallest rectangle of whole pixels that holds the mask; all zero for an empty mask.
    public var boundingBox: COCOBox {
        let height = size.height
        var left = size.width
        var right = 0
        var top = height
        var bottom = 0
        forEachRun { run in
            let first = run.lowerBound
            let last = run.upperBound - 1
            let firstColumn = first / height
            let lastColumn = last / height
            left = min(left, firstColumn)
            right = max(right, lastColumn + 1)
            if firstColumn < lastColumn {  // over the lower edge: the run touches both edges
                top = 0
                bottom = height
            } else {
                top = min(top, first - firstColumn * height)
                bottom = max(bottom, last - firstColumn * height + 1)
            }
        }
        guard left < right else { return COCOBox(x: 0, y: 0, width: 0, height: 0) }
        return COCOBox(
            x: Double(left), y: Double(top), width: Double(right - left),
            height: Double(bottom - top))
    }

    /// The runs inside that are not empty, as pixels counted down the columns.
    @inline(__always)
    func forEachRun(_ body: (Range<Int>) -> Void) {
        counts.withUnsafeBufferPointer { counts in
            var start = 0
            var index = 0
            while index < counts.count {
                start &+= Int(counts[index])
                guard index &+ 1 < counts.count else { break }
                let length = Int(counts[index &+ 1])
                if length > 0 { body(Range(uncheckedBounds: (start, start &+ length))) }
                start &+= length
                index &+= 2
            }
        }
    }
}
