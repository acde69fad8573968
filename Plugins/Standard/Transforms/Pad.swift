import DenseKitCore

/// Adds rows below and columns to the right: zeros to the picture, "ignore" to the labels. Comes after `Normalize`, where zero is the mean.
///
/// Either `size`, which a larger picture exceeds unchanged, or `size_divisor`, of which both sides become multiples.
public struct Pad: Transform {
    public struct Configuration: YAMLConfiguration {
        /// One side for a square, or `[height, width]`.
        public var size: Size2D?
        public var sizeDivisor: Int?

        public init() {}
    }

    private enum Target {
        case size(Size2D)
        case multiples(Int)
    }

    private let target: Target

    /// - Throws: `SettingError` unless exactly one of the two settings is given, and in range.
    public init(_ configuration: Configuration) throws {
        switch (configuration.size, configuration.sizeDivisor) {
        case (let size?, nil): target = .size(try size.checked("Pad", "size"))
        case (nil, let divisor?):
            guard (1...65535).contains(divisor) else {
                throw SettingError("Pad", "size_divisor", "expected 1…65535, found \(divisor)")
            }
            target = .multiples(divisor)
        default: throw SettingError("Pad", "size", "expected either size or size_divisor")
        }
    }

    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
        switch target {
        case .size(let size): sample.pad(to: size)
        case .multiples(let divisor):
            func up(_ side: Int) -> Int { (side + divisor - 1) / divisor * divisor }
            sample.pad(to: Size2D(height: up(sample.size.height), width: up(sample.size.width)))
        }
    }

    public var testTimeUse: TestTimeUse { .pads }
}
