/// Mean and standard deviation of each channel (R, G, B), with which images are normalised for a
/// network.
public struct Normalization: Sendable, Equatable {
    /// The mean of each channel, in levels of 0…255.
    public let mean: [Double]
    /// The standard deviation of each channel, over 0, in levels of 0…255.
    public let std: [Double]

    /// - Parameters:
    ///   - mean: three values for R, G, B, in levels of 0…255
    ///   - std: three values over 0 for R, G, B, in levels of 0…255
    public init(mean: [Double], std: [Double]) {
        precondition(
            mean.count == 3 && std.count == 3 && std.allSatisfy { $0 > 0 },
            "three channels, positive deviations")
        self.mean = mean
        self.std = std
    }

    /// The mean and standard deviation that CLIP was trained with.
    public static let clip = Normalization(
        mean: [0.48145466, 0.4578275, 0.40821073].map { $0 * 255 },
        std: [0.26862954, 0.26130258, 0.27577711].map { $0 * 255 })

    /// The table of `(x − mean) / std` for the 256 levels of each channel, in the arithmetic of
    /// mmcv's `imnormalize`: a difference of floats times the reciprocal in double. The value of
    /// level `v` of channel `c` has the index `c · 256 + v`.
    public func table() -> [Float] {
        (0..<3).flatMap { c in
            let mean = Float(mean[c])
            let reciprocal = 1 / std[c]
            return (0..<256).map { Float(Double(Float($0) - mean) * reciprocal) }
        }
    }

    /// The normalised image: `[h, w, 3] → [h, w, 3]`.
    public func callAsFunction(_ image: RGBImage) -> FloatImage {
        let pixels = [Float](unsafeUninitializedCapacity: image.pixels.count) { target, count in
            if let base = target.baseAddress { write(image, into: base, rowLength: image.width) }
            count = image.pixels.count
        }
        return FloatImage(height: image.height, width: image.width, pixels: pixels)
    }

    /// Writes the normalised image into the caller's memory, `[h, rowLength, 3]`; a row's values
    /// after the image's width are not changed.
    public func write(_ image: RGBImage, into target: UnsafeMutablePointer<Float>, rowLength: Int) {
        image.pixels.withUnsafeBufferPointer { source in
            table().withUnsafeBufferPointer { table in
                for y in 0..<image.height {
                    var from = y * image.width * 3
                    var to = y * rowLength * 3
                    for _ in 0..<image.width {
                        target[to] = table[Int(source[from])]
                        target[to &+ 1] = table[256 &+ Int(source[from &+ 1])]
                        target[to &+ 2] = table[512 &+ Int(source[from &+ 2])]
                        from &+= 3
                        to &+= 3
                    }
                }
            }
        }
    }
}
