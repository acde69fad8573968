/// How many training images `data.bad_image: skip` may leave out before there are too many.
public struct SkipLimit: Sendable {
    /// The share of the images that may be left out.
    public let share: Double
    /// The images of the data set.
    public let images: Int

    public init(share: Double, images: Int) {
        self.share = share
        self.images = images
    }

    /// How many may be left out once `seen` different images were asked for.
    ///
    /// The share is taken of those, and of the first 1000 (or of all, where there are fewer) from the beginning. Of a small data set three
    /// images may always be missing, but no more than half of it. A share of 0 allows none.
    public func allowed(seen: Int) -> Int {
        if share == 0 { return 0 }
        return max(Int(share * Double(max(min(seen, images), min(images, 1000)))), min(3, images / 2))
    }
}
