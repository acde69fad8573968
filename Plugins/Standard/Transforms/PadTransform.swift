import DenseKitCore

/// Adds rows below and columns on the right: zeros to the image, "ignore" to the labels. Comes
/// after `Normalize`, where zero is the mean.
///
/// Either to `size`, where a larger image stays as it is, or to multiples of `size_divisor`.
public struct PadTransform: Transform {
    /// The settings of `Pad` in YAML: either `size` or `size_divisor`.
    public struct Configuration: YAMLConfiguration {
        /// The least size after padding, in pixels: one side for a square, or `[height, width]`.
        public var size: Size2D?
        /// The number that both sides become multiples of, 1…65535.
        public var sizeDivisor: Int?

        public init() {}
    }

    private enum Target {
        case size(Size2D)
        case multiples(Int)
    }

    private let target: Target

    /// The transform with these settings.
    ///
    /// - Throws: `SettingError` unless exactly one of `size` and `size_divisor` is given, and in
    ///   range.
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

    /// Pads the image, labels and masks of `sample` in place. Draws no random number.
    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
        switch target {
        case .size(let size): sample.pad(to: size)
        case .multiples(let divisor):
            func up(_ side: Int) -> Int { (side + divisor - 1) / divisor * divisor }
            sample.pad(to: Size2D(height: up(sample.size.height), width: up(sample.size.width)))
        }
    }

    /// `pads`: a test pipeline may pad; predictions of the padding are cut off.
    public var testTimeUse: TestTimeUse { .pads }
}
