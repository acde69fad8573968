import DenseKitVision

/// Annotations of another size than their image, which its EXIF data may have turned.
public enum SizeMismatch {
    /// A mask of this size, and the path of its image.
    case mask(Size2D, of: String)
    /// Instances that were marked on an image of this size.
    case instances(Size2D)

    /// The error about `file`, the mask or the image with the instances.
    ///
    /// - Parameters:
    ///   - file: the path of the mask, or of the image with the instances
    ///   - image: as `policy` read it
    ///   - traits: what was done to its pixels
    ///   - policy: how images are read
    public func error(
        _ file: String, _ image: RGBImage, _ traits: ImageTraits, _ policy: ImagePolicy
    ) -> DataError {
        let isTurned = traits.contains(.exif) && policy.exif == .apply
        let size = "\(image.size)\(isTurned ? " once turned as its EXIF data says" : "")"
        switch self {
        case .mask(let own, let path):
            let ignoring = "set exif: ignore if masks were drawn on the images as stored"
            return DataError(
                file, "is \(own), its image \(path) is \(size)",
                remedy: isTurned ? ignoring : "masks are as large as images")
        case .instances(let own):
            let ignoring = "set exif: ignore if instances were marked in the images as stored"
            return DataError(
                file, "is \(size), the annotations say \(own)",
                remedy: isTurned ? ignoring : "correct the file of annotations")
        }
    }
}
