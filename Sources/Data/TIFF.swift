import DenseKitVision

/// A mask in TIFF in memory: one number of 8 or 16 bits a pixel, uncompressed, in strips, as Pillow
/// writes masks of more than 255 classes. (TIFF 6.0, sections 2 to 4)
struct TIFF {
    let size: Size2D
    private let bytes: [UInt8]
    private let path: String
    private let isBigEndian: Bool
    private let fields: [Field: [Int]]

    /// The entries of the directory that are looked at.
    private enum Field: Int {
        case width = 256, height = 257, bits = 258, compression = 259, stripOffsets = 273, samples =
            277, rowsPerStrip = 278
    }

    /// Reads the directory.
    init(_ bytes: [UInt8], _ path: String, _ maximumPixels: Int) throws {
        self.bytes = bytes
        self.path = path
        isBigEndian = bytes.first == UInt8(ascii: "M")
        guard let fields = TIFF.directory(bytes, isBigEndian), let width = fields[.width]?.first,
            let height = fields[.height]?.first
        else {
            throw DataError(path, "the TIFF directory cannot be read", remedy: TIFF.replace)
        }
        self.fields = fields
        size = Size2D(height: height, width: width)
        try checkDimensions(size, maximumPixels: maximumPixels, path)
    }

    private static let replace = "replace the file, or take it out of the data set"

    /// The numbers of the first directory by field; nil where it reaches beyond the file.
    private static func directory(_ bytes: [UInt8], _ isBigEndian: Bool) -> [Field: [Int]]? {
        func number(_ at: Int, _ count: Int) -> Int? {
            guard at >= 0, at <= bytes.count - count else { return nil }
            return (0..<count).reduce(0) {
                $0 << 8 | Int(bytes[isBigEndian ? at + $1 : at + count - 1 - $1])
            }
        }
        guard let start = number(4, 4), let count = number(start, 2) else { return nil }
        var fields: [Field: [Int]] = [:]
        for entry in 0..<count {
            let at = start + 2 + 12 * entry
            guard let tag = number(at, 2), let type = number(at + 2, 2),
                let length = number(at + 4, 4)
            else { return nil }
            guard let field = Field(rawValue: tag), let width = [1: 1, 3: 2, 4: 4][type] else {
                continue
            }
            guard 1...bytes.count / width ~= length else { return nil }
            guard let first = length * width <= 4 ? at + 8 : number(at + 8, 4),
                first <= bytes.count - length * width
            else {
                return nil
            }
            fields[field] = (0..<length).compactMap { number(first + $0 * width, width) }
        }
        return fields
    }

    /// How many bits a number has.
    var bits: Int { fields[.bits]?.first ?? 1 }

    /// The numbers that the file stores.
    func labels() throws -> LabelMap {
        let samples = fields[.samples]?.first ?? 1
        let isCompressed = fields[.compression]?.first ?? 1 != 1
        guard [8, 16].contains(bits), samples == 1, !isCompressed,
            let strips = fields[.stripOffsets]
        else {
            throw DataError(
                path,
                "is a TIFF file of \(samples) samples of \(bits) bits a pixel\(isCompressed ? ", compressed" : ""); one of 8 or 16 bits in "
                    + "uncompressed strips is read", remedy: "save the mask as a grey PNG")
        }
        let rowLength = size.width * bits / 8
        let rows = min(fields[.rowsPerStrip]?.first ?? size.height, size.height)
        guard rows > 0, strips.count == (size.height + rows - 1) / rows,
            rowLength * size.height <= bytes.count,
            strips.enumerated().allSatisfy({
                $1 <= bytes.count - min(rows, size.height - $0 * rows) * rowLength
            })
        else {
            throw DataError(
                path, "the TIFF directory says \(size) pixels, more than \(bytes.count) bytes hold",
                remedy: TIFF.replace)
        }
        var labels: [UInt16] = []
        labels.reserveCapacity(size.height * size.width)
        for y in 0..<size.height {
            let row = strips[y / rows] + y % rows * rowLength
            for x in 0..<size.width {
                labels.append(bits == 8 ? UInt16(bytes[row + x]) : sixteenBits(row + 2 * x))
            }
        }
        return LabelMap(height: size.height, width: size.width, labels: labels)
    }

    private func sixteenBits(_ at: Int) -> UInt16 {
        let first = UInt16(bytes[at])
        let second = UInt16(bytes[at + 1])
        return isBigEndian ? first << 8 | second : second << 8 | first
    }
}
