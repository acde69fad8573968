extension TrainConfiguration {
    /// Iterations that go once through `images` images, at least 1; the last one may run into the
    /// next epoch.
    public func iterationsPerEpoch(of images: Int) -> Int {
        max(1, images / batch + (images.isMultiple(of: batch) ? 0 : 1))
    }

    /// The settings with `iterations` computed from `epochs` for a data set of `images` images;
    /// unchanged where `epochs` is nil.
    public func counting(images: Int) -> TrainConfiguration {
        guard let epochs else { return self }
        var copy = self
        copy.iterations = epochs * iterationsPerEpoch(of: images)
        return copy
    }
}
