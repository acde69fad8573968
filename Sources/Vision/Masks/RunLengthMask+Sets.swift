extension RunLengthMask {
    /// The union of the masks. One mask alone is returned unchanged, with its empty runs; no masks
    /// make a mask of 0×0 pixels.
    /// - Throws: `MaskError.sizes` where the masks have different sizes.
    public init(union masks: [RunLengthMask]) throws(MaskError) {
        self = try Self.merged(masks) { $0 || $1 }
    }

    /// The intersection of the masks. One mask alone is returned unchanged, with its empty runs; no
    /// masks make a mask of 0×0 pixels.
    /// - Throws: `MaskError.sizes` where the masks have different sizes.
    public init(intersection masks: [RunLengthMask]) throws(MaskError) {
        self = try Self.merged(masks) { $0 && $1 }
    }

    /// Nothing of nothing: no masks make a mask of 0×0 pixels.
    private static func merged(
        _ masks: [RunLengthMask], _ isInside: (Bool, Bool) -> Bool
    ) throws(MaskError) -> RunLengthMask {
        guard var result = masks.first else {
            return RunLengthMask(size: Size2D(height: 0, width: 0), fitting: [0])
        }
        for mask in masks.dropFirst() {
            guard mask.size == result.size else { throw .sizes(result.size, mask.size) }
            result = RunLengthMask(size: mask.size, fitting: merged(result, mask, isInside))
        }
        return result
    }

    @inline(__always)
    private static func merged(
        _ one: RunLengthMask, _ other: RunLengthMask, _ isInside: (Bool, Bool) -> Bool
    ) -> [UInt32] {
        let pixels = one.size.height * one.size.width
        var a = Runs(one.counts)
        var b = Runs(other.counts)
        var counts: [UInt32] = []
        counts.reserveCapacity(one.counts.count + other.counts.count)
        var done = 0
        var length = 0
        var wasInside = false
        repeat {
            let step = min(a.rest, b.rest)
            done += step
            length += step
            a.advance(by: step)
            b.advance(by: step)
            let inside = isInside(a.isInside, b.isInside)
            if inside != wasInside || done == pixels {
                counts.append(UInt32(length))
                length = 0
            }
            wasInside = inside
        } while done < pixels
        return counts
    }

    /// Intersection over union with `other`, 0…1; over this mask's area alone where `other` is a
    /// crowd, which may hold any number of instances. 0 for masks that share no pixel or have
    /// different sizes.
    public func iou(with other: RunLengthMask, crowd: Bool = false) -> Double {
        guard size == other.size else { return 0 }
        let shared = intersectionArea(with: other)
        guard shared > 0 else { return 0 }
        return Double(shared) / Double(crowd ? area : area + other.area - shared)
    }

    /// The number of pixels in both masks, which must have the same size.
    public func intersectionArea(with other: RunLengthMask) -> Int {
        precondition(size == other.size, "masks of one size can share pixels")
        let pixels = size.height * size.width
        var a = Runs(counts)
        var b = Runs(other.counts)
        var done = 0
        var shared = 0
        while done < pixels {
            let step = min(a.rest, b.rest)
            if a.isInside, b.isInside { shared += step }
            done += step
            a.advance(by: step)
            b.advance(by: step)
        }
        return shared
    }
}

/// A place in a list of runs.
private struct Runs {
    private let counts: [UInt32]
    private var index = 0
    /// What is left of the run.
    private(set) var rest: Int
    private(set) var isInside = false

    init(_ counts: [UInt32]) {
        self.counts = counts
        rest = counts.first.map(Int.init) ?? 0
    }

    /// Moves to the next run where this one ends, one run at a time: an empty run is a step of
    /// its own.
    mutating func advance(by step: Int) {
        rest -= step
        guard rest == 0, index + 1 < counts.count else { return }
        index += 1
        rest = Int(counts[index])
        isInside.toggle()
    }
}
