/// What to do with pictures that are not plain. Each such picture is counted, none is changed silently.
public struct ImagePolicy: Sendable, Equatable {
    /// Whether the orientation that a camera noted turns the picture.
    public enum Exif: String, Codable, Sendable, CaseIterable {
        /// As OpenCV does, and so the reference implementations.
        case apply
        /// As Pillow does: rows and columns as they are stored, which is what masks made with it match.
        case ignore
    }

    /// What to do with a JPEG file whose data ends early or is corrupt.
    public enum Truncated: String, Codable, Sendable, CaseIterable {
        case error
        /// The part that can be decoded, and grey for the rest.
        case accept
    }

    public var exif: Exif
    public var truncated: Truncated
    /// The most pixels a picture may have. Checked against the header, before memory is taken.
    public var maximumPixels: Int

    public init(exif: Exif = .apply, truncated: Truncated = .error, maximumPixels: Int = 1 << 28) {
        self.exif = exif
        self.truncated = truncated
        self.maximumPixels = maximumPixels
    }
}

/// What was done to a picture to make it upright 8-bit RGB.
public struct ImageTraits: OptionSet, Sendable, Hashable {
    public let rawValue: Int

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
    /// The file's EXIF data says that the picture is not stored upright, whether it was turned or not.
    public static let exif = ImageTraits(rawValue: 32)
    /// The data ended early or was corrupt, and `ImagePolicy.Truncated.accept` let it pass.
    public static let truncated = ImageTraits(rawValue: 64)

    /// Every trait with the word that reports use.
    public static let names: [(trait: ImageTraits, name: String)] = [
        (.grey, "grey"), (.cmyk, "CMYK"), (.palette, "palette"), (.alpha, "alpha"), (.sixteenBit, "16-bit"),
        (.exif, "EXIF orientation"), (.truncated, "truncated"),
    ]
}
