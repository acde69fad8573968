extension LabelMap {
    /// How many pixels have each label: 65536 numbers, the last of them the ignored pixels.
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
