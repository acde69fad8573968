import Foundation

/// The build-id that the linker wrote into the running executable: plugins are compiled for exactly
/// one build.
enum BuildID {
    /// Lower-case hexadecimal, or nil where the executable has none.
    static func ofThisProcess() -> String? {
        FileManager.default.contents(atPath: "/proc/self/exe").flatMap { elf in
            elf.withUnsafeBytes(read)
        }
    }

    /// Finds the GNU build-id note in a 64-bit little-endian ELF file.
    static func read(_ elf: UnsafeRawBufferPointer) -> String? {
        func integer<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> Int? {
            guard offset >= 0, offset <= elf.count - MemoryLayout<T>.size else { return nil }
            return Int(
                truncatingIfNeeded: T(
                    littleEndian: elf.loadUnaligned(fromByteOffset: offset, as: T.self)))
        }
        guard elf.count > 64, elf[0] == 0x7F, elf[1] == 0x45, elf[2] == 0x4C, elf[3] == 0x46,
            elf[4] == 2, elf[5] == 1,
            let table = integer(32, UInt64.self), let size = integer(54, UInt16.self),
            let count = integer(56, UInt16.self)
        else { return nil }
        for header in (0..<count).map({ table + $0 * size }) {
            guard integer(header, UInt32.self) == 4 /* PT_NOTE */,
                var note = integer(header + 8, UInt64.self),
                let length = integer(header + 32, UInt64.self)
            else { continue }
            let end = min(note + length, elf.count)
            while let nameSize = integer(note, UInt32.self),
                let dataSize = integer(note + 4, UInt32.self),
                let type = integer(note + 8, UInt32.self), note + 12 < end
            {
                let data = note + 12 + (nameSize + 3) / 4 * 4
                if type == 3 /* NT_GNU_BUILD_ID */, nameSize == 4, data + dataSize <= end {
                    return elf[data..<data + dataSize].map { byte in
                        let digits = String(byte, radix: 16)
                        return digits.count == 1 ? "0" + digits : digits
                    }.joined()
                }
                note = data + (dataSize + 3) / 4 * 4
            }
        }
        return nil
    }
}
