extension LabelMap {
    /// The number of pixels of each label: 65,536 counts, the last for ignored pixels.
    public func histogram() -> [Int] {
        var counts = [Int](repeating: 0, count: 1 << 16)
        counts.withUnsafeMutableBufferPointer { counts in
            labels.withUnsafeBufferPointer { labels in
                for label in labels { counts[Int(label)] &+= 1 }
            }
        }
        return counts
    }
}
