extension RGBImage {
    /// The image resized to `size`, bilinear, bit for bit as OpenCV's `resize(…, INTER_LINEAR)` on
    /// 8-bit pixels, or as Pillow's.
    ///
    /// OpenCV's two passes work in 11-bit fixed point; an exact halving of both sides averages 2×2
    /// pixels.
    /// - Parameters:
    ///   - size: the size of the whole result, at least 1×1
    ///   - window: the part of the result to compute; nil for all of it
    ///   - backend: the library whose arithmetic is followed
    public func resized(to size: Size2D, window: PixelWindow? = nil, backend: ResizeBackend = .cv2)
        -> RGBImage
    {
        let window = self.size.window(window, ofResizeTo: size)
        if size == self.size { return cropped(to: window) }
        if backend == .pil { return resizedAsPillow(to: size, window: window) }
        let pixels = [UInt8](unsafeUninitializedCapacity: window.height * window.width * 3) {
            target, count in
            self.pixels.withUnsafeBufferPointer { source in
                if isExactHalf(self.size, size) {
                    halve(
                        source.baseAddress!, sourceWidth: width, window: window,
                        into: target.baseAddress!)
                } else {
                    resizeLinear(
                        source.baseAddress!, self.size, to: size, window: window,
                        into: target.baseAddress!)
                }
            }
            count = window.height * window.width * 3
        }
        return RGBImage(height: window.height, width: window.width, pixels: pixels)
    }
}

/// Averages 2×2 pixels, rounding halves up. `[2h, 2w, 3] → [h, w, 3]`
private func halve(
    _ source: UnsafePointer<UInt8>, sourceWidth: Int, window: PixelWindow,
    into target: UnsafeMutablePointer<UInt8>
) {
    for y in 0..<window.height {
        let upper = source + (2 * (window.y + y) * sourceWidth + 2 * window.x) * 3
        let lower = upper + sourceWidth * 3
        let row = target + y * window.width * 3
        for x in 0..<window.width {
            for c in 0..<3 {
                let at = 6 &* x &+ c
                let sum =
                    UInt16(upper[at]) &+ UInt16(upper[at &+ 3]) &+ UInt16(lower[at])
                    &+ UInt16(lower[at &+ 3])
                row[3 &* x &+ c] = UInt8(truncatingIfNeeded: (sum &+ 2) &>> 2)
            }
        }
    }
}

/// Separable: source rows are widened to the output's width once each, into a cache of two rows,
/// and blended in pairs.
private func resizeLinear(
    _ source: UnsafePointer<UInt8>, _ sourceSize: Size2D, to size: Size2D, window: PixelWindow,
    into target: UnsafeMutablePointer<UInt8>
) {
    let columns = HorizontalTaps(
        source: sourceSize.width, target: size.width, range: window.x..<window.x + window.width)
    let rows = LinearAxis(
        source: sourceSize.height, target: size.height, range: window.y..<window.y + window.height,
        clamped: false)
    let rowBytes = sourceSize.width * 3
    let length = window.width * 3
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: 2 * (length + 1)) { cache in
        var upper = cache.baseAddress!
        var lower = cache.baseAddress! + length + 1
        var upperRow = -1
        var lowerRow = -1
        for y in 0..<window.height {
            let first = min(max(rows.first[y], 0), sourceSize.height - 1)
            let second = min(rows.first[y] + 1, sourceSize.height - 1)
            if first != upperRow {
                swap(&upper, &lower)
                swap(&upperRow, &lowerRow)
                if first != upperRow { columns.widen(source + first * rowBytes, into: upper) }
                upperRow = first
            }
            if second != first, second != lowerRow {
                columns.widen(source + second * rowBytes, into: lower)
                lowerRow = second
            }
            let weights = LinearAxis.fixedPoint(rows.fraction[y])
            blend(
                upper, second == first ? upper : lower, weights, count: length,
                into: target + y * length)
        }
    }
}

/// The horizontal pass of the fixed-point resize.
private struct HorizontalTaps {
    /// Byte offset of the left of the two neighbours, and both weights, for each output pixel.
    private var taps: [(offset: Int32, left: Int16, right: Int16)]
    private let isSingleColumn: Bool

    init(source: Int, target: Int, range: Range<Int>) {
        let axis = LinearAxis(source: source, target: target, range: range, clamped: true)
        isSingleColumn = source == 1
        taps = zip(axis.first, axis.fraction).map { first, fraction in
            let (left, right) = LinearAxis.fixedPoint(fraction)
            // The last column has no right neighbour: read it as the right one of the pair before.
            return first == source - 1 && source > 1
                ? (Int32(first - 1) * 3, right, left) : (Int32(first) * 3, left, right)
        }
    }

    /// One source row at the output's width: `(left · weight + right · weight) >> 4`, 15 bits each.
    ///
    /// `target` has room for one value more than the row, since pixels are stored four values at a
    /// time.
    func widen(_ row: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<Int16>) {
        guard !isSingleColumn else {
            for x in taps.indices {
                for c in 0..<3 { target[3 * x + c] = Int16(row[c]) << 7 }
            }
            return
        }
        let source = UnsafeRawPointer(row)
        let out = UnsafeMutableRawPointer(target)
        taps.withUnsafeBufferPointer { taps in
            for x in 0..<taps.count {
                let tap = taps[x]
                let at = Int(tap.offset)
                // Four bytes hold a pixel and a stranger; the right one is read from a byte before,
                // to stay inside the row.
                let left = unpack(source.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                let right = unpack(
                    source.loadUnaligned(fromByteOffset: at &+ 2, as: UInt32.self) &>> 8)
                let sum =
                    left &* SIMD4<Int32>(repeating: Int32(tap.left)) &+ right
                    &* SIMD4<Int32>(repeating: Int32(tap.right))
                let narrow = SIMD4<Int16>(truncatingIfNeeded: (sum &<< 12) &>> 16)
                out.storeBytes(of: narrow, toByteOffset: 6 &* x, as: SIMD4<Int16>.self)
            }
        }
    }

    @inline(__always)
    private func unpack(_ bytes: UInt32) -> SIMD4<Int32> {
        SIMD4<Int32>(truncatingIfNeeded: unsafeBitCast(bytes, to: SIMD4<UInt8>.self))
    }
}

/// The vertical pass: `((a · w₀ >> 16) + (b · w₁ >> 16) + 2) >> 2`, the rounding of OpenCV's vector
/// code.
private func blend(
    _ upper: UnsafePointer<Int16>, _ lower: UnsafePointer<Int16>, _ weights: (Int16, Int16),
    count: Int,
    into target: UnsafeMutablePointer<UInt8>
) {
    // The weights are read from memory in every step: so the compiler recognizes a product of 16
    // bits and takes its upper half at once.
    let pair = (SIMD8<Int16>(repeating: weights.0), SIMD8<Int16>(repeating: weights.1))
    withUnsafePointer(to: pair) { pair in
        let a = UnsafeRawPointer(upper)
        let b = UnsafeRawPointer(lower)
        let out = UnsafeMutableRawPointer(target)
        var i = 0
        while i &+ 8 <= count {
            let high = upperHalf(
                a.loadUnaligned(fromByteOffset: 2 &* i, as: SIMD8<Int16>.self), pair.pointee.0)
            let low = upperHalf(
                b.loadUnaligned(fromByteOffset: 2 &* i, as: SIMD8<Int16>.self), pair.pointee.1)
            let sum = (high &+ low &+ 2) &>> 2
            out.storeBytes(
                of: SIMD8<UInt8>(truncatingIfNeeded: sum), toByteOffset: i, as: SIMD8<UInt8>.self)
            i &+= 8
        }
        while i < count {
            let high = (Int32(upper[i]) &* Int32(weights.0)) &>> 16
            let low = (Int32(lower[i]) &* Int32(weights.1)) &>> 16
            target[i] = UInt8(truncatingIfNeeded: (high &+ low &+ 2) &>> 2)
            i &+= 1
        }
    }
}

/// The upper 16 bits of each product.
@inline(__always)
private func upperHalf(_ a: SIMD8<Int16>, _ b: SIMD8<Int16>) -> SIMD8<Int16> {
    let product = SIMD8<Int32>(truncatingIfNeeded: a) &* SIMD8<Int32>(truncatingIfNeeded: b)
    return SIMD8<Int16>(truncatingIfNeeded: product &>> 16)
}
