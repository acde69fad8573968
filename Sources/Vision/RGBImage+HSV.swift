extension RGBImage {
    /// Converts to hue (0…179, in units of two degrees), saturation and value (0…255), bit for bit
    /// as OpenCV's 8-bit `COLOR_BGR2HSV`.
    ///
    /// The three values replace R, G and B in `pixels`.
    public mutating func convertToHSV() {
        let tables = HSVTables.shared
        pixels.withUnsafeMutableBufferPointer { pixels in
            tables.perValue.withUnsafeBufferPointer { perValue in
                tables.perDifference.withUnsafeBufferPointer { perDifference in
                    var i = 0
                    while i < pixels.count {
                        let r = Int32(pixels[i])
                        let g = Int32(pixels[i &+ 1])
                        let b = Int32(pixels[i &+ 2])
                        let value = max(max(r, g), b)
                        let difference = value &- min(min(r, g), b)
                        let greenOrBlue =
                            value == g ? b &- r &+ 2 &* difference : r &- g &+ 4 &* difference
                        let sector = value == r ? g &- b : greenOrBlue
                        let saturation = (difference &* perValue[Int(value)] &+ 2048) &>> 12
                        let hue = (sector &* perDifference[Int(difference)] &+ 2048) &>> 12
                        pixels[i] = UInt8(truncatingIfNeeded: hue &+ (180 & (hue &>> 31)))
                        pixels[i &+ 1] = UInt8(truncatingIfNeeded: saturation)
                        pixels[i &+ 2] = UInt8(truncatingIfNeeded: value)
                        i &+= 3
                    }
                }
            }
        }
    }

    /// Converts hue, saturation and value back to R, G and B, bit for bit as the vector code of
    /// OpenCV's 8-bit `COLOR_HSV2BGR`: computed in floats and **truncated**.
    ///
    /// OpenCV rounds instead in the last columns of a row, those after a multiple of its vector
    /// length (32 pixels with AVX2). Here a pixel's colour does not depend on its column; rows of a
    /// crop of 512 or 640 pixels are equal throughout.
    public mutating func convertFromHSV() {
        pixels.withUnsafeMutableBufferPointer { pixels in
            HSVTables.shared.perHue.withUnsafeBufferPointer { perHue in
                var i = 0
                while i < pixels.count {
                    let hue = perHue[Int(pixels[i])]
                    let full = pixels[i &+ 2]
                    let saturation = Float(pixels[i &+ 1]) * (1 / 255)
                    let value = Float(full) * (1 / 255)
                    // The reference fuses this product and difference: one rounding, which a detour
                    // through double gives too.
                    let between = Float(1 - Double(saturation) * hue.weight)
                    let low = Int32((value * (1 - saturation) * 255))
                    let middle = Int32((value * between * 255))
                    pixels[i &+ hue.low] = UInt8(truncatingIfNeeded: low)
                    pixels[i &+ hue.middle] = UInt8(truncatingIfNeeded: middle)
                    pixels[i &+ hue.full] = full
                    i &+= 3
                }
            }
        }
    }
}

/// What the conversions look up.
private struct HSVTables {
    /// One of the six sectors of the colour circle, and the place in it.
    struct Hue {
        /// Which of R, G, B is the largest, the one between, and the smallest.
        let full, middle, low: Int
        /// How much of the saturation is taken from the one between.
        let weight: Double
    }

    static let shared = HSVTables()
    /// OpenCV's 12-bit reciprocals: `255 / value` and `30 / difference`.
    let perValue: [Int32]
    let perDifference: [Int32]
    let perHue: [Hue]

    private init() {
        func reciprocals(_ numerator: Double, _ factor: Double) -> [Int32] {
            [0]
                + (1...255).map {
                    Int32((numerator * 4096 / (factor * Double($0))).rounded(.toNearestOrEven))
                }
        }
        perValue = reciprocals(255, 1)
        perDifference = reciprocals(180, 6)
        let order = [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0), (2, 0, 1), (0, 2, 1)]
        perHue = (0...255).map { hue in
            let scaled = Float(hue) * (6 / 180)
            let sector = Int(scaled)
            let part = scaled - Float(sector)
            let (full, middle, low) = order[sector % 6]
            return Hue(
                full: full, middle: middle, low: low,
                weight: Double(sector % 2 == 0 ? 1 - part : part))
        }
    }
}
