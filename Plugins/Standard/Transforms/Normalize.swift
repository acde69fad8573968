import DenseKitCore

/// Turns 8-bit levels into floats of about zero mean and unit deviation: `(x − mean) / std`,
/// channel by channel in R, G, B.
///
/// By default with the mean and deviation of CLIP's training. Transforms that follow act on the
/// floats.
public struct Normalize: Transform {
    /// The settings of `Normalize` in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The mean of each channel, levels of 0…255 in the order R, G, B.
        public var mean = Normalization.clip.mean
        /// The standard deviation of each channel, positive, in levels and in the order R, G, B.
        public var std = Normalization.clip.std

        public init() {}
    }

    private let levels: Normalization

    /// The transform with these settings.
    ///
    /// - Throws: `SettingError` unless there are three means and three positive deviations.
    public init(_ configuration: Configuration) throws {
        guard configuration.mean.count == 3, configuration.mean.allSatisfy((-1e6...1e6).contains)
        else {
            throw SettingError(
                "Normalize", "mean", "expected three levels, found \(configuration.mean)")
        }
        guard configuration.std.count == 3, configuration.std.allSatisfy({ $0 > 0 && $0 <= 1e6 })
        else {
            throw SettingError(
                "Normalize", "std", "expected three positive deviations, found \(configuration.std)"
            )
        }
        levels = Normalization(mean: configuration.mean, std: configuration.std)
    }

    /// Normalises the image of `sample` in place. Draws no random number.
    ///
    /// - Throws: `SettingError` for an image that is normalised already.
    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) throws {
        guard !sample.isNormalized else {
            throw SettingError(
                "Normalize", "order", "the images are normalised already; leave one out")
        }
        sample.normalize(levels)
    }

    /// `keepsGeometry`: a test pipeline may normalise.
    public var testTimeUse: TestTimeUse { .keepsGeometry }
    /// The mean and deviation that are subtracted and divided by.
    public var normalization: Normalization? { levels }
}
