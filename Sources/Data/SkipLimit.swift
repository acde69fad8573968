/// The number of training images that `data.bad_image: skip` may leave out.
public struct SkipLimit: Sendable {
    /// The share of the images that may be left out, 0…1.
    public let share: Double
    /// The number of images of the data set.
    public let images: Int

    /// - Parameters:
    ///   - share: the share of images that may be left out, 0…1
    ///   - images: the number of images of the data set
    public init(share: Double, images: Int) {
        self.share = share
        self.images = images
    }

    /// The number of images that may be left out once `imagesRead` different images were read.
    ///
    /// The share is taken of `imagesRead`, and from the start of at least the first 1000 images (or
    /// of all, where there are fewer). Of a small data set three images may always be left out, but
    /// no more than half of it. A share of 0 allows none.
    public func allowed(imagesRead: Int) -> Int {
        if share == 0 { return 0 }
        return max(
            Int(share * Double(max(min(imagesRead, images), min(images, 1000)))), min(3, images / 2)
        )
    }
}
