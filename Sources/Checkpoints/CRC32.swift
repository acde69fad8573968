import CDenseKitZlib

/// The checksum of bytes that tells a changed bit: CRC-32 as zip and PNG have it.
public enum CRC32 {
    /// The checksum of `bytes`, which follow those that `before` is the checksum of.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return before }
        return UInt32(truncatingIfNeeded: crc32_z(UInt(before), base, bytes.count))
    }

    /// Eight hexadecimal digits.
    public static func digits(_ checksum: UInt32) -> String {
        let text = String(checksum, radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }
}
