/// How images that are not plain upright RGB are read. Each is counted by its `ImageTraits`; none
/// is changed silently.
public struct ImagePolicy: Sendable, Equatable {
    /// Whether an image is turned by the EXIF orientation of its file.
    public enum Exif: String, Codable, Sendable, CaseIterable {
        /// Turn the image, as OpenCV and so the reference implementations do.
        case apply
        /// Keep rows and columns as they are stored, as Pillow does and masks made with it expect.
        case ignore
    }

    /// What to do with a JPEG file whose data ends early or is corrupt.
    public enum Truncated: String, Codable, Sendable, CaseIterable {
        /// Reading throws `DataError`.
        case error
        /// Take the part that can be decoded, with grey for the rest.
        case accept
    }

    /// Whether an image is turned by its EXIF orientation; `apply` by default.
    public var exif: Exif
    /// What to do with truncated JPEG files; `error` by default.
    public var truncated: Truncated
    /// The largest number of pixels an image may have; 2²⁸ by default. Checked against the header,
    /// before memory is allocated.
    public var maximumPixels: Int

    /// The default policy turns images by EXIF, refuses truncated files and reads at most 2²⁸
    /// pixels.
    public init(exif: Exif = .apply, truncated: Truncated = .error, maximumPixels: Int = 1 << 28) {
        self.exif = exif
        self.truncated = truncated
        self.maximumPixels = maximumPixels
    }
}

/// What was done to an image to make it upright 8-bit RGB.
public struct ImageTraits: OptionSet, Sendable, Hashable {
    /// The bits of the traits.
    public let rawValue: Int

    /// The traits of these bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// One channel was copied to three.
    public static let grey = ImageTraits(rawValue: 1)
    /// Four inks were converted to RGB.
    public static let cmyk = ImageTraits(rawValue: 2)
    /// Palette indices became colours.
    public static let palette = ImageTraits(rawValue: 4)
    /// An alpha channel was dropped.
    public static let alpha = ImageTraits(rawValue: 8)
    /// 16 bits were cut to 8.
    public static let sixteenBit = ImageTraits(rawValue: 16)
    /// The file's EXIF data states that the image is not stored upright, whether it was turned or
    /// not.
    public static let exif = ImageTraits(rawValue: 32)
    /// The data ended early or was corrupt, and `ImagePolicy.Truncated.accept` let it pass.
    public static let truncated = ImageTraits(rawValue: 64)

    /// Every trait with its name in reports.
    public static let names: [(trait: ImageTraits, name: String)] = [
        (.grey, "grey"), (.cmyk, "CMYK"), (.palette, "palette"), (.alpha, "alpha"),
        (.sixteenBit, "16-bit"),
        (.exif, "EXIF orientation"), (.truncated, "truncated"),
    ]
}
