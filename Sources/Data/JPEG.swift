import CDenseKitTurboJPEG
import DenseKitVision
import Glibc

/// A JPEG file in memory.
struct JPEG {
    private let bytes: [UInt8]
    private let path: String
    private let policy: ImagePolicy
    private let storedSize: Size2D
    private let colors: TJCS
    private let orientation: Orientation

    /// Reads the header.
    init(_ bytes: [UInt8], _ path: String, _ policy: ImagePolicy) throws {
        let decoder = try Codec(tjInitDecompress(), path)
        var (width, height, subsampling, colors): (Int32, Int32, Int32, Int32) = (0, 0, 0, -1)
        let status = tjDecompressHeader3(
            decoder.handle, bytes, UInt(bytes.count), &width, &height, &subsampling, &colors)
        // A subsampling that TurboJPEG has no name for is reported as an error, yet it decodes.
        guard status == 0 || (width > 0 && height > 0 && colors >= 0) else {
            throw DataError(
                path, "the JPEG header cannot be read (\(decoder.message))", remedy: JPEG.replace)
        }
        guard width > 0, height > 0 else {
            throw DataError(path, "the JPEG file holds no image", remedy: JPEG.replace)
        }
        storedSize = Size2D(height: Int(height), width: Int(width))
        try checkDimensions(storedSize, maximumPixels: policy.maximumPixels, path)
        self.bytes = bytes
        self.path = path
        self.policy = policy
        self.colors = TJCS(UInt32(bitPattern: colors))
        orientation = exifOrientation(bytes)
    }

    private static let replace = "replace the file, or take it out of the data set"

    var uprightSize: Size2D {
        policy.exif == .apply ? storedSize.oriented(orientation) : storedSize
    }

    /// Refuses what would take much memory or time and holds little, before either is taken.
    private func checkContent() throws {
        // Huffman's codes take a bit or more for a block, and a block is 8×32 pixels at most. Small
        // images may be short for other reasons.
        let pixels = storedSize.height * storedSize.width
        guard pixels <= 1 << 22 || pixels / 2048 <= bytes.count else {
            throw DataError(
                path,
                "the header says \(storedSize) pixels, more than \(bytes.count) bytes can hold",
                remedy: JPEG.replace)
        }
        // Each scan of a progressive file goes over the whole image, even with nothing in it;
        // encoders write about ten.
        guard scanCount <= JPEG.maximumScans else {
            throw DataError(
                path, "the JPEG file has more than \(JPEG.maximumScans) scans", remedy: JPEG.replace
            )
        }
    }

    private static let maximumScans = 64

    /// How often the marker of a scan's start (FF DA) occurs in the file.
    private var scanCount: Int {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            var count = 0
            var at = 0
            while let found = memchr(start + at, 0xDA, bytes.count - at) {
                at = start.distance(to: found) + 1
                if at >= 2, bytes[at - 2] == 0xFF { count += 1 }
            }
            return count
        }
    }

    func image() throws -> (image: RGBImage, traits: ImageTraits) {
        try checkContent()
        var traits: ImageTraits = []
        let isCMYK = colors == TJCS_CMYK || colors == TJCS_YCCK
        if isCMYK { traits.insert(.cmyk) }
        if colors == TJCS_GRAY { traits.insert(.grey) }
        if orientation != .upright { traits.insert(.exif) }
        let (samples, isDamaged) = try decoded(
            isCMYK ? TJPF_CMYK : TJPF_RGB, channels: isCMYK ? 4 : 3)
        if isDamaged { traits.insert(.truncated) }
        let pixels = isCMYK ? rgbFromInvertedCMYK(samples) : samples
        let image = RGBImage(height: storedSize.height, width: storedSize.width, pixels: pixels)
        return (policy.exif == .apply ? image.oriented(orientation) : image, traits)
    }

    private func decoded(_ format: TJPF, channels: Int) throws -> (
        samples: [UInt8], isDamaged: Bool
    ) {
        let decoder = try Codec(tjInitDecompress(), path)
        // With an end mark in any case, a file that lacks nothing else decodes without a warning.
        let data = bytes.suffix(2) == [0xFF, 0xD9] ? bytes : bytes + [0xFF, 0xD9]
        var status: Int32 = 0
        let count = storedSize.height * storedSize.width * channels
        let samples = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            status = tjDecompress2(
                decoder.handle, data, UInt(data.count), buffer.baseAddress!,
                Int32(storedSize.width),
                Int32(storedSize.width * channels), Int32(storedSize.height), format.rawValue,
                Int32(TJFLAG_LIMITSCANS))
            if status != 0, tjGetErrorCode(decoder.handle) == TJERR_FATAL.rawValue.signed {
                buffer.update(repeating: 128)
            }
            written = count
        }
        guard status != 0 else { return (samples, false) }
        guard policy.truncated == .accept,
            tjGetErrorCode(decoder.handle) == TJERR_WARNING.rawValue.signed
        else {
            throw DataError(
                path, "the JPEG data is truncated or corrupt (\(decoder.message))",
                remedy:
                    "replace the file, or set truncated: accept in its data set; data.bad_image: skip leaves it out of training"
            )
        }
        return (samples, true)
    }

    static func write(_ image: RGBImage, to path: String, quality: Int) throws {
        let coder = try Codec(tjInitCompress(), path)
        var buffer: UnsafeMutablePointer<UInt8>?
        var size: UInt = 0
        defer { tjFree(buffer) }
        let status = tjCompress2(
            coder.handle, image.pixels, Int32(clamping: image.width), 0,
            Int32(clamping: image.height), TJPF_RGB.rawValue,
            &buffer, &size, TJSAMP_420.rawValue.signed, Int32(quality), 0)
        guard status == 0 else {
            throw DataError(
                path, "an image of \(image.size) cannot be written as JPEG (\(coder.message))")
        }
        try FileSystem.write(UnsafeRawBufferPointer(start: buffer, count: Int(size)), to: path)
    }
}

/// A TurboJPEG instance.
private final class Codec {
    let handle: tjhandle

    init(_ handle: tjhandle?, _ path: String) throws {
        guard let handle else {
            throw DataError(
                path, "TurboJPEG does not start: \(String(cString: tjGetErrorStr2(nil)))")
        }
        self.handle = handle
    }

    deinit { tjDestroy(handle) }

    var message: String { String(cString: tjGetErrorStr2(handle)) }
}

extension UInt32 {
    /// The imported enumerations are unsigned, the functions take signed numbers.
    fileprivate var signed: Int32 { Int32(bitPattern: self) }
}

/// Inks to light, as OpenCV does it: JPEG files hold them inverted (Adobe's way), so 255 is no ink.
private func rgbFromInvertedCMYK(_ inks: [UInt8]) -> [UInt8] {
    let pixels = inks.count / 4
    return [UInt8](unsafeUninitializedCapacity: pixels * 3) { target, count in
        inks.withUnsafeBufferPointer { inks in
            for i in 0..<pixels {
                let black = Int(inks[4 * i + 3])
                for c in 0..<3 {
                    target[3 * i + c] = UInt8(
                        truncatingIfNeeded: black - (((255 - Int(inks[4 * i + c])) * black) >> 8))
                }
            }
        }
        count = pixels * 3
    }
}
