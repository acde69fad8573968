import DenseKitCore

/// Random brightness, contrast, saturation and hue, each with probability 1/2, as mmsegmentation's
/// `PhotoMetricDistortion`.
///
/// Contrast comes before or after saturation and hue, with equal probability. Every step is clipped
/// and truncated to 8 bits; hue and saturation are changed in OpenCV's 8-bit HSV. Comes before
/// `Normalize`.
public struct PhotoMetricDistortion: Transform {
    /// The settings of `PhotoMetricDistortion` in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The largest change of brightness, in levels of 0…255.
        public var brightnessDelta = 32.0
        /// `[low, high]` of the factor on all channels, 0 ≤ low ≤ high ≤ 256.
        public var contrastRange = [0.5, 1.5]
        /// `[low, high]` of the factor on the saturation, 0 ≤ low ≤ high ≤ 256.
        public var saturationRange = [0.5, 1.5]
        /// The largest rotation of the hue, in steps of 2°, 0…90: from −18 to 17 steps for 18.
        public var hueDelta = 18

        public init() {}
    }

    private let configuration: Configuration

    /// The transform with these settings.
    ///
    /// - Throws: `SettingError` for a range or a limit outside its bounds.
    public init(_ configuration: Configuration) throws {
        self.configuration = configuration
        guard (0...255).contains(configuration.brightnessDelta) else {
            throw PhotoMetricDistortion.error(
                "brightness_delta", "expected 0…255, found \(configuration.brightnessDelta)")
        }
        guard (0...90).contains(configuration.hueDelta) else {
            throw PhotoMetricDistortion.error(
                "hue_delta", "expected 0…90, found \(configuration.hueDelta)")
        }
        for (key, range) in [
            ("contrast_range", configuration.contrastRange),
            ("saturation_range", configuration.saturationRange),
        ] {
            guard range.count == 2, range[0] >= 0, range[0] <= range[1], range[1] <= 256 else {
                throw PhotoMetricDistortion.error(
                    key, "expected [low, high] with 0 ≤ low ≤ high ≤ 256, found \(range)")
            }
        }
    }

    private static func error(_ key: String, _ problem: String) -> SettingError {
        SettingError("PhotoMetricDistortion", key, problem)
    }

    /// Changes the colours of the 8-bit image of `sample` in place.
    ///
    /// - Throws: `SettingError` after `Normalize`.
    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) throws {
        guard !sample.isNormalized else {
            throw SettingError(
                "PhotoMetricDistortion", "order",
                "expected 8-bit images; move it before Normalize")
        }
        var image = sample.image
        let delta = configuration.brightnessDelta
        if random.chance() {
            image.mapLevels(levelTable(beta: Float(random.uniform(-delta, delta))))
        }
        let isContrastEarly = random.chance()
        if isContrastEarly { changeContrast(&image, &random) }
        if random.chance() {
            let factor = random.uniform(
                configuration.saturationRange[0], configuration.saturationRange[1])
            image.changeSaturation(levelTable(alpha: Float(factor)))
        }
        if random.chance() {
            let delta = configuration.hueDelta
            image.turnHue(delta == 0 ? 0 : random.integer(in: -delta..<delta))
        }
        if !isContrastEarly { changeContrast(&image, &random) }
        sample.image = image
    }

    /// `refused`: random colours do not belong in a test pipeline.
    public var testTimeUse: TestTimeUse {
        .refused(key: nil, reason: "it changes colours at random", remedy: "take it out")
    }

    private func changeContrast(_ image: inout RGBImage, _ random: inout SampleRandom) {
        guard random.chance() else { return }
        let factor = random.uniform(configuration.contrastRange[0], configuration.contrastRange[1])
        image.mapLevels(levelTable(alpha: Float(factor)))
    }
}

extension RGBImage {
    /// Maps the saturation of every pixel.
    fileprivate mutating func changeSaturation(_ table: [UInt8]) {
        convertToHSV()
        mapLevels(table, channel: 1)
        convertFromHSV()
    }

    /// Turns the hue of every pixel by `steps` of 2°.
    fileprivate mutating func turnHue(_ steps: Int) {
        convertToHSV()
        mapLevels((0..<256).map { UInt8(($0 + steps + 180) % 180) }, channel: 0)
        convertFromHSV()
    }
}
