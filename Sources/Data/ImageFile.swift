import DenseKitVision

/// Reads and writes image files: JPEG by libjpeg-turbo, PNG by libpng, and uncompressed BMP. The
/// pixels equal those that OpenCV and Pillow read.
public enum ImageFile {
    /// The image at `path` as upright 8-bit RGB.
    ///
    /// - Throws: `DataError` of the kind `unreadable` for a file that cannot be read, is too large,
    ///   or is truncated where `policy` does not accept that.
    public static func read(_ path: String, policy: ImagePolicy = ImagePolicy()) throws -> RGBImage
    {
        try readWithTraits(path, policy: policy).image
    }

    /// The image at `path` as upright 8-bit RGB, with what was done to its pixels.
    ///
    /// - Throws: `DataError` of the kind `unreadable` for a file that cannot be read, is too large,
    ///   or is truncated where `policy` does not accept that.
    public static func readWithTraits(_ path: String, policy: ImagePolicy = ImagePolicy()) throws
        -> (
            image: RGBImage, traits: ImageTraits
        )
    {
        try DataError.reading {
            let bytes = try FileSystem.read(path)
            switch try Format(bytes, path) {
            case .jpeg: return try JPEG(bytes, path, policy).image()
            case .png: return try PNG(bytes, path, policy.maximumPixels).image(policy.exif)
            case .bmp: return try BMP(bytes, path, policy.maximumPixels).image()
            case .tiff: throw Format.foreign("TIFF", path)
            }
        }
    }

    /// The size of the upright image in pixels, from the file's header.
    ///
    /// - Throws: `DataError` for a file that cannot be read or is too large.
    public static func size(_ path: String, policy: ImagePolicy = ImagePolicy()) throws -> Size2D {
        let head = 1 << 17
        let bytes = try FileSystem.read(path, limit: head)
        // A PNG file may store behind its pixels that it is to be turned.
        if bytes.count == head, policy.exif == .apply, case .png = try Format(bytes, path),
            exifOrientation(png: bytes) == nil
        {
            return try size(FileSystem.read(path), path, policy)
        }
        do {
            return try size(bytes, path, policy)
        } catch  where bytes.count == head {
            return try size(FileSystem.read(path), path, policy)
        }
    }

    private static func size(_ bytes: [UInt8], _ path: String, _ policy: ImagePolicy) throws
        -> Size2D
    {
        switch try Format(bytes, path) {
        case .jpeg: try JPEG(bytes, path, policy).uprightSize
        case .png: try PNG(bytes, path, policy.maximumPixels).uprightSize(policy.exif)
        case .bmp: try BMP(bytes, path, policy.maximumPixels).size
        case .tiff: throw Format.foreign("TIFF", path)
        }
    }

    /// Writes a JPEG file (4:2:0). The file is replaced in one step, so that readers never see half
    /// of it.
    ///
    /// - Parameters:
    ///   - image: to write
    ///   - path: of the file, which may exist
    ///   - quality: 1…100; other values are clipped
    /// - Throws: `DataError` where the file cannot be written.
    public static func writeJPEG(_ image: RGBImage, to path: String, quality: Int = 90) throws {
        try JPEG.write(image, to: path, quality: min(max(quality, 1), 100))
    }

    /// Writes an 8-bit RGB PNG file. The file is replaced in one step, so that readers never see
    /// half of it.
    ///
    /// - Throws: `DataError` where the file cannot be written.
    public static func writePNG(_ image: RGBImage, to path: String) throws {
        try image.pixels.withUnsafeBufferPointer {
            try PNG.write($0, size: image.size, bitDepth: 8, kind: .rgb, to: path)
        }
    }
}

extension RGBImage {
    /// Writes the image as an 8-bit RGB PNG file, in one step.
    ///
    /// - Throws: `DataError` where the file cannot be written.
    public func write(to path: String) throws { try ImageFile.writePNG(self, to: path) }
}

/// The kinds of file that are read.
enum Format {
    case jpeg, png, bmp
    /// Masks only.
    case tiff

    init(_ bytes: [UInt8], _ path: String) throws {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0x42, 0x4D]) {
            self = .bmp
        } else if bytes.starts(with: "II*\0".utf8) || bytes.starts(with: "MM\0*".utf8) {
            self = .tiff
        } else if let name = Format.name(bytes) {
            throw Format.foreign(name, path)
        } else if bytes.starts(with: [0, 5, 0x16, 7]) {
            throw DataError(
                path,
                "is no image: macOS leaves such files (AppleDouble) beside one of the name without ._",
                remedy: "delete it")
        } else if bytes.starts(with: "version https://git-lfs".utf8) {
            throw DataError(
                path, "is a pointer of Git LFS, not the image",
                remedy: "`git lfs pull` fetches it")
        } else {
            throw DataError(
                path, "is neither a JPEG nor a PNG file",
                remedy: "replace it, or take it out of the data set")
        }
    }

    static func foreign(_ name: String, _ path: String) -> DataError {
        DataError(path, "is a \(name) file", remedy: "convert it to JPEG or PNG")
    }

    private static func name(_ bytes: [UInt8]) -> String? {
        let marks: [(name: String, mark: String, at: Int)] = [
            ("WebP", "WEBP", 8), ("GIF", "GIF8", 0), ("HEIF", "ftyp", 4), ("JPEG 2000", "jP  ", 4),
        ]
        return marks.first { bytes.dropFirst($0.at).starts(with: $0.mark.utf8) }?.name
    }
}

/// Refuses an image without pixels or with too many.
func checkDimensions(_ size: Size2D, maximumPixels: Int, _ path: String) throws {
    guard size.height > 0, size.width > 0 else {
        throw DataError(path, "the header says \(size) pixels")
    }
    let (pixels, overflow) = size.height.multipliedReportingOverflow(by: size.width)
    guard !overflow, pixels <= maximumPixels else {
        throw DataError(
            path, "the header says \(size) pixels; at most \(maximumPixels) are read",
            remedy: "scale the image down, or replace the file if it is damaged")
    }
}
