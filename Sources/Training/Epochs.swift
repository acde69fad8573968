extension TrainConfiguration {
    /// Steps of the optimizer that go through `images` once; the last may run into the next epoch.
    public func iterationsPerEpoch(of images: Int) -> Int { max(1, images / batch + (images.isMultiple(of: batch) ? 0 : 1)) }

    /// The same with `iterations` for its `epochs` of a data set of `images`, where it counts in epochs.
    public func counting(images: Int) -> TrainConfiguration {
        guard let epochs else { return self }
        var copy = self
        copy.iterations = epochs * iterationsPerEpoch(of: images)
        return copy
    }
}
