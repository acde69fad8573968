extension RunLengthMask {
    /// The mask in COCO's compressed form: differences to the run before the last, in groups of
    /// five bits, lowest first, one character from `0` to `o` per group.
    public var compressed: String { String(decoding: compressedBytes, as: UTF8.self) }

    /// The characters of `compressed`, as ASCII bytes.
    public var compressedBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(counts.count * 2)
        for (index, count) in counts.enumerated() {
            var rest = Int(count) - (index > 2 ? Int(counts[index - 2]) : 0)
            while true {
                let group = UInt8(rest & 0x1F)
                rest >>= 5
                // The last group's highest bit is the sign.
                if rest == (group & 0x10 == 0 ? 0 : -1) {
                    bytes.append(group + 48)
                    break
                }
                bytes.append(group + 48 + 0x20)
            }
        }
        return bytes
    }

    /// The mask of a string in COCO's compressed form.
    /// - Throws: `MaskError` for invalid characters, numbers that are cut off, and runs that do not
    ///   fit the size.
    public init(compressed text: String, size: Size2D) throws(MaskError) {
        try self.init(compressedBytes: text.utf8, size: size)
    }

    /// The mask of the ASCII bytes of a string in COCO's compressed form.
    /// - Throws: `MaskError` for invalid characters, numbers that are cut off, and runs that do not
    ///   fit the size.
    public init(compressedBytes bytes: some Collection<UInt8>, size: Size2D) throws(MaskError) {
        let pixels = try Self.pixels(of: size)
        var result: Result<[UInt32], MaskError>?
        _ = bytes.withContiguousStorageIfAvailable { storage in
            result = Self.runs(of: storage, size, pixels)
        }
        let runs =
            result ?? Array(bytes).withUnsafeBufferPointer { Self.runs(of: $0, size, pixels) }
        self.init(size: size, fitting: try runs.get())
    }

    /// A number of a run has at most so many characters: 33 bits with the sign.
    private static let longestNumber = 7

    private static func runs(
        of bytes: UnsafeBufferPointer<UInt8>, _ size: Size2D, _ pixels: Int
    ) -> Result<[UInt32], MaskError> {
        var runs: [UInt32] = []
        runs.reserveCapacity(bytes.count)
        var index = 0
        var sum = 0
        while index < bytes.count {
            let start = index
            var value = 0
            var shift = 0
            while true {
                guard index < bytes.count, index - start < longestNumber else {
                    return .failure(.number(index: start))
                }
                let byte = bytes[index]
                guard (48..<112).contains(byte) else {
                    return .failure(.character(byte, index: index))
                }
                index += 1
                let group = Int(byte) - 48
                value |= (group & 0x1F) << shift
                shift += 5
                guard group & 0x20 == 0 else { continue }
                if group & 0x10 != 0 { value |= -1 << shift }
                break
            }
            if runs.count > 2 { value += Int(runs[runs.count - 2]) }
            guard (0...maximumPixels).contains(value) else {
                return .failure(.run(index: runs.count, length: value))
            }
            sum += value
            guard sum <= pixels else { return .failure(.sum(runs: sum, size: size)) }
            runs.append(UInt32(value))
        }
        return sum == pixels ? .success(runs) : .failure(.sum(runs: sum, size: size))
    }
}
