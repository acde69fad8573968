extension RGBImage {
    /// Replaces every level of every channel by `table[level]`; the table has 256 entries.
    public mutating func mapLevels(_ table: [UInt8]) {
        precondition(table.count == 256, "a table has an entry for each level")
        pixels.withUnsafeMutableBufferPointer { pixels in
            table.withUnsafeBufferPointer { table in
                for i in 0..<pixels.count { pixels[i] = table[Int(pixels[i])] }
            }
        }
    }

    /// Replaces every level of one channel (0 = R, 1 = G, 2 = B) by `table[level]`; the table has
    /// 256 entries.
    public mutating func mapLevels(_ table: [UInt8], channel: Int) {
        precondition(
            table.count == 256 && (0..<3).contains(channel), "a table has an entry for each level")
        pixels.withUnsafeMutableBufferPointer { pixels in
            table.withUnsafeBufferPointer { table in
                var i = channel
                while i < pixels.count {
                    pixels[i] = table[Int(pixels[i])]
                    i &+= 3
                }
            }
        }
    }
}

/// The 256-entry table `level · alpha + beta`, computed in floats, clipped to 0…255 and truncated.
public func levelTable(alpha: Float = 1, beta: Float = 0) -> [UInt8] {
    (0..<256).map { level in
        let value = Float(level) * alpha + beta
        return UInt8(min(max(value.isNaN ? 0 : value, 0), 255))
    }
}
