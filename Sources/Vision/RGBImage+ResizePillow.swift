extension RGBImage {
    /// The image at another size as Pillow's `resize(…, BILINEAR)` makes it of 8-bit pixels:
    /// columns first, rounded to 8 bits, then rows.
    func resizedAsPillow(to size: Size2D, window: PixelWindow) -> RGBImage {
        let columns = TriangleAxis(
            source: width, target: size.width, range: window.x..<window.x + window.width)
        let rows = TriangleAxis(
            source: height, target: size.height, range: window.y..<window.y + window.height)
        let needed = rows.span
        let length = window.width * 3
        let widened = [UInt8](unsafeUninitializedCapacity: needed.count * length) { target, count in
            self.pixels.withUnsafeBufferPointer { source in
                for (line, y) in needed.enumerated() {
                    columns.blendPixels(
                        source.baseAddress! + y * width * 3,
                        into: target.baseAddress! + line * length)
                }
            }
            count = needed.count * length
        }
        let pixels = [UInt8](unsafeUninitializedCapacity: window.height * length) { target, count in
            widened.withUnsafeBufferPointer { source in
                rows.blendRows(
                    source.baseAddress!, firstRow: needed.lowerBound, length: length,
                    into: target.baseAddress!)
            }
            count = window.height * length
        }
        return RGBImage(height: window.height, width: window.width, pixels: pixels)
    }
}

/// The source pixels of each output pixel of one axis, and their weights: a triangle as wide as two
/// output pixels, or two source pixels where those are wider.
private struct TriangleAxis {
    /// The first source pixel of each output pixel, and where its weights begin and end in
    /// `weights`.
    private var taps: [(first: Int, weights: Range<Int>)] = []
    /// In 22-bit fixed point; those of an output pixel add up to one.
    private var weights: [Int32] = []

    private static let bits: Int32 = 22
    private static let half: Int32 = 1 << (bits - 1)

    init(source: Int, target: Int, range: Range<Int>) {
        guard source != target else {
            taps = range.map { ($0, 0..<1) }
            weights = [1 << Self.bits]
            return
        }
        let scale = Double(source) / Double(target)
        let support = max(scale, 1)
        for position in range {
            let center = (Double(position) + 0.5) * scale
            let first = max(Int(center - support + 0.5), 0)
            let end = min(Int(center + support + 0.5), source)
            let heights = (first..<end).map {
                max(0, 1 - abs((Double($0) - center + 0.5) * (1 / support)))
            }
            let sum = heights.reduce(0, +)
            taps.append((first, weights.count..<weights.count + heights.count))
            for height in heights {
                weights.append(Int32(0.5 + height / sum * Double(1 << Self.bits)))
            }
        }
    }

    /// The source pixels that are read at all.
    var span: Range<Int> {
        let ends = taps.map { $0.first + $0.weights.count }
        return (taps.map(\.first).min() ?? 0)..<(ends.max() ?? 0)
    }

    /// One row of RGB pixels at the output's width.
    func blendPixels(_ row: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>) {
        weights.withUnsafeBufferPointer { weights in
            for (x, tap) in taps.enumerated() {
                var sum = SIMD4<Int32>(repeating: Self.half)
                var at = row + tap.first * 3
                for k in tap.weights {
                    sum &+=
                        SIMD4(Int32(at[0]), Int32(at[1]), Int32(at[2]), 0)
                        &* SIMD4(repeating: weights[k])
                    at += 3
                }
                for c in 0..<3 { target[3 &* x &+ c] = Self.level(sum[c]) }
            }
        }
    }

    /// Whole rows, of which `source` holds those from `firstRow` on.
    func blendRows(
        _ source: UnsafePointer<UInt8>, firstRow: Int, length: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: length) { sums in
            for (y, tap) in taps.enumerated() {
                sums.update(repeating: Self.half)
                for (line, k) in tap.weights.enumerated() {
                    let row = source + (tap.first - firstRow + line) * length
                    let weight = weights[k]
                    for i in 0..<length { sums[i] &+= Int32(row[i]) &* weight }
                }
                for i in 0..<length { target[y &* length &+ i] = Self.level(sums[i]) }
            }
        }
    }

    @inline(__always)
    private static func level(_ sum: Int32) -> UInt8 {
        UInt8(truncatingIfNeeded: min(max(sum &>> bits, 0), 255))
    }
}
