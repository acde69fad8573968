import CDenseKitPNG
import DenseKitVision

/// A PNG file in memory.
struct PNG {
    private let bytes: [UInt8]
    private let path: String
    private let header: dk_png_header

    /// Reads the header.
    init(_ bytes: [UInt8], _ path: String, _ maximumPixels: Int) throws {
        var header = dk_png_header()
        let failure = message { dk_png_read_header(bytes, bytes.count, &header, $0) }
        if let failure {
            throw DataError(path, "the PNG header cannot be read (\(failure))", remedy: PNG.replace)
        }
        self.bytes = bytes
        self.path = path
        self.header = header
        try checkDimensions(size, maximumPixels: maximumPixels, path)
    }

    private static let replace = "replace the file, or take it out of the data set"

    var size: Size2D { Size2D(height: Int(header.height), width: Int(header.width)) }
    var bitDepth: Int { Int(header.bit_depth) }
    var isPalette: Bool { header.color_type == 3 }
    /// Grey without alpha, or a palette: one number a pixel.
    var hasSingleSamples: Bool { header.color_type == 0 || isPalette }
    var hasAlpha: Bool { header.color_type & 4 != 0 }

    /// The orientation that its EXIF data notes.
    private var orientation: Orientation { exifOrientation(png: bytes) ?? .upright }

    func uprightSize(_ exif: ImagePolicy.Exif) -> Size2D {
        exif == .apply ? size.oriented(orientation) : size
    }

    /// 8-bit RGB, turned as `exif` says.
    func image(_ exif: ImagePolicy.Exif) throws -> (image: RGBImage, traits: ImageTraits) {
        try checkLength()
        var traits: ImageTraits = []
        let orientation = orientation
        if orientation != .upright { traits.insert(.exif) }
        if header.color_type & 3 == 0 { traits.insert(.grey) }
        if isPalette { traits.insert(.palette) }
        if hasAlpha { traits.insert(.alpha) }
        if bitDepth == 16 { traits.insert(.sixteenBit) }
        let pixels: [UInt8] = try filled(size.height * size.width * 3) {
            dk_png_read_rgb(bytes, bytes.count, $0, header.width, header.height, $1)
        }
        let image = RGBImage(height: size.height, width: size.width, pixels: pixels)
        return (exif == .apply ? image.oriented(orientation) : image, traits)
    }

    /// The stored samples, palette indices unexpanded.
    func samples() throws -> [UInt16] {
        try checkLength()
        return try filled(size.height * size.width) {
            dk_png_read_samples(bytes, bytes.count, $0, header.width, header.height, $1)
        }
    }

    /// The colours of the indices.
    func palette() throws -> [RGBColor] {
        var palette = dk_png_palette()
        let failure = message { dk_png_read_palette(bytes, bytes.count, &palette, $0) }
        if let failure {
            throw DataError(
                path, "the PNG palette cannot be read (\(failure))", remedy: PNG.replace)
        }
        return withUnsafeBytes(of: palette.colors) { levels in
            (0..<Int(palette.count)).map {
                RGBColor(levels[3 * $0], levels[3 * $0 + 1], levels[3 * $0 + 2])
            }
        }
    }

    private func filled<Value: BitwiseCopyable & FixedWidthInteger>(
        _ count: Int, _ read: (UnsafeMutablePointer<Value>, UnsafeMutablePointer<CChar>) -> Int32
    ) throws -> [Value] {
        var failure: String?
        let values = [Value](unsafeUninitializedCapacity: count) { buffer, written in
            failure = message { read(buffer.baseAddress!, $0) }
            if failure != nil { buffer.update(repeating: 0) }
            written = count
        }
        if let failure {
            throw DataError(
                path, "the PNG data is truncated or corrupt (\(failure))", remedy: PNG.replace)
        }
        return values
    }

    /// Deflate makes at most 1032 bytes of one: a short file cannot hold a large image, and no
    /// memory is taken for it.
    private func checkLength() throws {
        let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(header.color_type)] ?? 1
        let packed = size.height * ((size.width * channels * bitDepth + 7) / 8)
        guard packed / 1032 <= bytes.count else {
            throw DataError(
                path, "the header says \(size) pixels, more than \(bytes.count) bytes can hold",
                remedy: PNG.replace)
        }
    }

    /// What one pixel of a written file is.
    enum Kind {
        case gray, rgb
        case palette([RGBColor])
    }

    /// - Parameter pixels: 8-bit or 16-bit samples, row by row.
    static func write<Value: BitwiseCopyable>(
        _ pixels: UnsafeBufferPointer<Value>, size: Size2D, bitDepth: Int, kind: Kind,
        to path: String
    ) throws {
        var header = dk_png_header(
            width: UInt32(clamping: size.width), height: UInt32(clamping: size.height),
            bit_depth: Int32(bitDepth), color_type: 0)
        var palette = [UInt8]()
        switch kind {
        case .gray: header.color_type = 0
        case .rgb: header.color_type = 2
        case .palette(let colors):
            header.color_type = 3
            palette = colors.flatMap { [$0.red, $0.green, $0.blue] }
        }
        var file = [UInt8]()
        let failure = withUnsafeMutablePointer(to: &file) { file in
            message { text in
                UnsafeRawBufferPointer(pixels).withMemoryRebound(to: UInt8.self) { bytes in
                    dk_png_write(
                        bytes.baseAddress, header, palette, Int32(palette.count / 3),
                        { context, bytes, count in
                            context?.assumingMemoryBound(to: [UInt8].self).pointee
                                .append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                        }, file, text)
                }
            }
        }
        if let failure {
            throw DataError(path, "an image of \(size) cannot be written as PNG (\(failure))")
        }
        try file.withUnsafeBytes { try FileSystem.write($0, to: path) }
    }
}

/// Calls into the shim; nil if that succeeds, else its message.
private func message(_ call: (UnsafeMutablePointer<CChar>) -> Int32) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(DK_PNG_MESSAGE)) { text in
        call(text.baseAddress!) == 0 ? nil : String(cString: text.baseAddress!)
    }
}
