extension LabelMap {
    /// The map resized to `size` with nearest neighbours: each pixel copies the one that OpenCV's
    /// `INTER_NEAREST` picks (it rounds down), or Pillow's.
    ///
    /// - Parameters:
    ///   - size: the size of the whole result, at least 1×1
    ///   - window: the part of the result to compute; nil for all of it
    ///   - backend: the library whose choice of pixels is followed
    public func resized(to size: Size2D, window: PixelWindow? = nil, backend: ResizeBackend = .cv2)
        -> LabelMap
    {
        let window = self.size.window(window, ofResizeTo: size)
        if size == self.size { return cropped(to: window) }
        let columns = backend.nearest(
            source: width, target: size.width, range: window.x..<window.x + window.width)
        let rows = backend.nearest(
            source: height, target: size.height, range: window.y..<window.y + window.height)
        let labels = [UInt16](unsafeUninitializedCapacity: window.height * window.width) {
            target, count in
            self.labels.withUnsafeBufferPointer { source in
                columns.withUnsafeBufferPointer { columns in
                    for y in 0..<window.height {
                        let to = target.baseAddress! + y * window.width
                        if y > 0, rows[y] == rows[y - 1] {
                            to.update(from: to - window.width, count: window.width)
                            continue
                        }
                        let from = source.baseAddress! + rows[y] * width
                        for x in 0..<columns.count { to[x] = from[columns[x]] }
                    }
                }
            }
            count = window.height * window.width
        }
        return LabelMap(height: window.height, width: window.width, labels: labels)
    }
}
