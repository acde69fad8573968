import CDenseKitZlib

/// The bytes of a PNG file, chunk by chunk, whatever they make of it
/// (https://www.w3.org/TR/png-3/).
struct PNGBytes {
    var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private init() {}

    /// A file without pixels yet. `color`: 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGB + alpha.
    init(width: Int, height: Int, depth: Int, color: Int, isInterlaced: Bool = false) {
        add(
            "IHDR",
            big(width) + big(height) + [UInt8(depth), UInt8(color), 0, 0, isInterlaced ? 1 : 0])
    }

    /// A whole interlaced file of `width` × `height` pixels with something in them.
    static func interlaced(width: Int, height: Int, depth: Int, color: Int) -> [UInt8] {
        var file = PNGBytes(
            width: width, height: height, depth: depth, color: color, isInterlaced: true)
        let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][color] ?? 1
        // Adam7: where each pass begins, and how far apart its columns and rows are.
        let passes = [
            (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
            (0, 1, 1, 2),
        ]
        var rows: [UInt8] = []
        for (x, y, dx, dy) in passes where x < width && y < height {
            let length = ((width - x + dx - 1) / dx * channels * depth + 7) / 8
            for row in 0..<(height - y + dy - 1) / dy {
                rows.append(UInt8(row % 5))  // every filter
                rows += (0..<length).map { UInt8(truncatingIfNeeded: 37 * ($0 + row)) }
            }
        }
        if color == 3 { file.add("PLTE", (0..<(3 << depth)).map { UInt8(truncatingIfNeeded: $0) }) }
        file.add("IDAT", deflated(rows))
        file.add("IEND", [])
        return file.bytes
    }

    /// Appends a chunk with its checksum. `length` is what it says of itself.
    mutating func add(_ type: String, _ content: [UInt8], length: Int? = nil) {
        let body = Array(type.utf8) + content
        bytes += big(length ?? content.count) + body + big(Int(crc32(0, body, UInt32(body.count))))
    }

    /// `file` with the content of one of its chunks changed, its length and checksum right again;
    /// nil where it has no chunks.
    static func changing(_ index: Int, of file: [UInt8], _ change: ([UInt8]) -> [UInt8]) -> [UInt8]?
    {
        guard file.first == 0x89 else { return nil }
        var parts: [(type: String, content: [UInt8])] = []
        var at = 8
        while at < file.count {
            let length = file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            parts.append(
                (
                    String(decoding: file[at + 4..<at + 8], as: UTF8.self),
                    Array(file[at + 8..<at + 8 + length])
                ))
            at += 12 + length
        }
        parts[index % parts.count].content = change(parts[index % parts.count].content)
        var result = PNGBytes()
        for part in parts { result.add(part.type, part.content) }
        return result.bytes
    }

    /// `bytes` in zlib's format, packed as well as it gets.
    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(UInt(bytes.count))
        return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, written in
            compress2(buffer.baseAddress, &count, bytes, UInt(bytes.count), 9)
            written = Int(count)
        }
    }
}

/// `number` in four bytes, the highest first.
private func big(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
}
