import DenseKitVision

/// The orientation noted in the first EXIF segment of a JPEG file; upright where there is none or
/// it makes no sense.
func exifOrientation(_ bytes: [UInt8]) -> Orientation {
    bytes.withUnsafeBytes { bytes in
        var at = 2
        // Segments: FF, a marker, and a length that counts itself. Pixels begin after SOS (DA).
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let marker = bytes[at + 1]
            if marker == 0xFF {
                at += 1
                continue
            }
            if marker == 0xDA || marker == 0xD9 { break }
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            let end = at + 2 + length
            guard length >= 2, end <= bytes.count else { break }
            if marker == 0xE1, bytes[(at + 4)..<end].starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]) {
                return tiffOrientation(UnsafeRawBufferPointer(rebasing: bytes[(at + 10)..<end]))
            }
            at = end
        }
        return .upright
    }
}

/// The orientation noted in the first eXIf chunk of a PNG file, wherever it is; upright where
/// there is none or it makes no sense, nil where the bytes end before that is known. (PNG 3,
/// section 11.3.4; OpenCV from 4.7 on turns such images too.)
func exifOrientation(png bytes: [UInt8]) -> Orientation? {
    bytes.withUnsafeBytes { bytes in
        var at = 8
        // Chunks: a length, a type, the content, a checksum.
        while at + 8 <= bytes.count {
            let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
            let type = bytes[(at + 4)..<(at + 8)]
            if type.elementsEqual("IEND".utf8) { return .upright }
            let end = at + 8 + length
            if type.elementsEqual("eXIf".utf8) {
                guard end <= bytes.count else { return nil }
                return tiffOrientation(UnsafeRawBufferPointer(rebasing: bytes[(at + 8)..<end]))
            }
            at = end + 4
        }
        return nil
    }
}

/// Tag 0x0112 of the first directory of a TIFF structure.
private func tiffOrientation(_ tiff: UnsafeRawBufferPointer) -> Orientation {
    guard tiff.count >= 8, tiff[0] == tiff[1], tiff[0] == 0x49 || tiff[0] == 0x4D else {
        return .upright
    }
    let isLittleEndian = tiff[0] == 0x49
    func number(_ at: Int, bytes: Int) -> Int? {
        guard at >= 0, at + bytes <= tiff.count else { return nil }
        let order = isLittleEndian ? Array((at..<at + bytes).reversed()) : Array(at..<at + bytes)
        return order.reduce(0) { $0 << 8 | Int(tiff[$1]) }
    }
    guard number(2, bytes: 2) == 42, let directory = number(4, bytes: 4),
        let entries = number(directory, bytes: 2)
    else {
        return .upright
    }
    for entry in 0..<entries {
        let at = directory + 2 + 12 * entry
        guard let tag = number(at, bytes: 2) else { break }
        if tag == 0x0112 { return number(at + 8, bytes: 2).flatMap(Orientation.init) ?? .upright }
    }
    return .upright
}
