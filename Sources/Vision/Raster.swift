/// Row-major, interleaved values, and the moves that images and label maps have in common.
struct Raster<Value: BitwiseCopyable> {
    let size: Size2D
    /// Values a pixel.
    let channels: Int
    let values: [Value]

    func cropped(to window: PixelWindow) -> [Value] {
        precondition(window.lies(in: size), "a crop lies inside the image")
        return make(window.size) { source, target in
            for y in 0..<window.height {
                let from = source + ((window.y + y) * size.width + window.x) * channels
                (target + y * window.width * channels).update(
                    from: from, count: window.width * channels)
            }
        }
    }

    func flippedHorizontally() -> [Value] {
        make(size) { source, target in
            for y in 0..<size.height {
                var from = y * size.width * channels
                var to = from + (size.width - 1) * channels
                for _ in 0..<size.width {
                    for c in 0..<channels { target[to &+ c] = source[from &+ c] }
                    from &+= channels
                    to &-= channels
                }
            }
        }
    }

    /// The values in the top left corner of a larger raster.
    func padded(to larger: Size2D, with fill: Value) -> [Value] {
        make(larger) { source, target in
            for y in 0..<size.height {
                let row = target + y * larger.width * channels
                row.update(from: source + y * size.width * channels, count: size.width * channels)
                (row + size.width * channels).update(
                    repeating: fill, count: (larger.width - size.width) * channels)
            }
            let rest = (larger.height - size.height) * larger.width * channels
            (target + size.height * larger.width * channels).update(repeating: fill, count: rest)
        }
    }

    /// Every value of a new raster is written by `fill`.
    @inline(__always)
    private func make(
        _ size: Size2D, _ fill: (UnsafePointer<Value>, UnsafeMutablePointer<Value>) -> Void
    ) -> [Value] {
        let count = size.height * size.width * channels
        guard count > 0, !values.isEmpty else { return [] }
        return [Value](unsafeUninitializedCapacity: count) { target, written in
            values.withUnsafeBufferPointer { fill($0.baseAddress!, target.baseAddress!) }
            written = count
        }
    }
}
