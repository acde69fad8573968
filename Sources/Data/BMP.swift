import DenseKitVision

/// A Windows bitmap in memory: 24-bit colour without compression, as Pillow and OpenCV write it.
/// mmsegmentation's patches of iSAID are such files under names that end in `.png`.
///
/// The layout is that of BITMAPFILEHEADER and BITMAPINFOHEADER: rows of B, G, R, padded to four
/// bytes, from the lowest up unless the height is negative.
struct BMP {
    private let bytes: [UInt8]
    private let path: String
    private let isTopDown: Bool
    private let offset: Int
    let size: Size2D

    /// Reads the header.
    init(_ bytes: [UInt8], _ path: String, _ maximumPixels: Int) throws {
        func number(_ at: Int, bytes count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
        }
        func signed(_ at: Int) -> Int { Int(Int32(truncatingIfNeeded: number(at, bytes: 4))) }
        guard bytes.count >= 54, number(14, bytes: 4) >= 40 else {
            throw DataError(path, "the BMP header cannot be read", remedy: BMP.replace)
        }
        let bits = number(28, bytes: 2)
        let compression = number(30, bytes: 4)
        guard bits == 24, compression == 0 else {
            throw DataError(
                path,
                "is a BMP file of \(bits) bits a pixel\(compression == 0 ? "" : ", compressed"); 24 uncompressed are read",
                remedy: "convert it to JPEG or PNG")
        }
        self.bytes = bytes
        self.path = path
        offset = number(10, bytes: 4)
        isTopDown = signed(22) < 0
        size = Size2D(height: abs(signed(22)), width: signed(18))
        try checkDimensions(size, maximumPixels: maximumPixels, path)
    }

    private static let replace = "replace the file, or take it out of the data set"

    /// 8-bit RGB.
    func image() throws -> (image: RGBImage, traits: ImageTraits) {
        let rowLength = (size.width * 3 + 3) / 4 * 4
        guard offset >= 54, offset <= bytes.count, rowLength <= (bytes.count - offset) / size.height
        else {
            throw DataError(
                path,
                "the header says \(size) pixels from byte \(offset) on, more than \(bytes.count) bytes hold",
                remedy: BMP.replace)
        }
        let pixels = [UInt8](unsafeUninitializedCapacity: size.height * size.width * 3) {
            target, count in
            for y in 0..<size.height {
                let row = offset + (isTopDown ? y : size.height - 1 - y) * rowLength
                for x in 0..<size.width {
                    let from = row + 3 * x
                    let to = (y * size.width + x) * 3
                    target[to] = bytes[from + 2]
                    target[to + 1] = bytes[from + 1]
                    target[to + 2] = bytes[from]
                }
            }
            count = size.height * size.width * 3
        }
        return (RGBImage(height: size.height, width: size.width, pixels: pixels), [])
    }
}
