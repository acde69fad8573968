import CDenseKitZlib

/// The checksum CRC-32, as zip and PNG define it, which detects changed bits.
public enum CRC32 {
    /// The checksum of `bytes`, appended to the bytes whose checksum is `before`; 0 for none.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32
    {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return before }
        return UInt32(truncatingIfNeeded: crc32_z(UInt(before), base, bytes.count))
    }

    /// The checksum as eight lower-case hexadecimal digits.
    public static func digits(_ checksum: UInt32) -> String {
        let text = String(checksum, radix: 16)
        return String(repeating: "0", count: 8 - text.count) + text
    }
}
