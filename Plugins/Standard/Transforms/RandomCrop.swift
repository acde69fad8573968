import DenseKitCore

/// Cuts a window of `crop_size` out of a random place, as mmsegmentation's `RandomCrop`. A side
/// that is smaller than the window stays whole.
///
/// Where one class covers `cat_max_ratio` or more of the labelled pixels, or only one class is in
/// the window, another window is drawn: up to ten times, and the last one is taken as it is. Each
/// window takes two random numbers.
public struct RandomCrop: Transform {
    /// The settings of `RandomCrop` in YAML.
    public struct Configuration: YAMLConfiguration {
        /// The size of the window in pixels: one side for a square, or `[height, width]`.
        public var cropSize = Size2D(512)
        /// The share of the labelled pixels that one class must stay below, above 0 and at most 1;
        /// 1 takes the first window.
        public var catMaxRatio = 0.75

        public init() {}
    }

    private static let redraws = 10
    private let size: Size2D
    private let maximumShare: Double

    /// The transform with these settings.
    ///
    /// - Throws: `SettingError` for a size or a share out of range.
    public init(_ configuration: Configuration) throws {
        size = try configuration.cropSize.checked("RandomCrop", "crop_size")
        maximumShare = configuration.catMaxRatio
        guard maximumShare > 0, maximumShare <= 1 else {
            throw SettingError(
                "RandomCrop", "cat_max_ratio",
                "expected a share above 0 and at most 1, found \(maximumShare)")
        }
    }

    /// Crops the image, labels and instances of `sample` in place to a random window.
    public func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
        var window = window(in: sample.size, &random)
        if maximumShare < 1 {
            for _ in 0..<RandomCrop.redraws {
                guard let labels = sample.labels(in: window), !isVaried(labels) else { break }
                window = self.window(in: sample.size, &random)
            }
        }
        sample.crop(to: window)
    }

    /// `refused`: a test pipeline cannot predict a random part of the image.
    public var testTimeUse: TestTimeUse {
        .refused(
            key: nil, reason: "it cuts out a random part of each image",
            remedy: "take it out; test.mode: slide predicts by windows")
    }

    private func window(in picture: Size2D, _ random: inout SampleRandom) -> PixelWindow {
        let y = random.integer(in: 0..<max(picture.height - size.height, 0) + 1)
        let x = random.integer(in: 0..<max(picture.width - size.width, 0) + 1)
        return PixelWindow(
            y: y, x: x, height: min(size.height, picture.height),
            width: min(size.width, picture.width))
    }

    /// Whether there is more than one class, and none has too large a share.
    private func isVaried(_ labels: LabelMap) -> Bool {
        let counts = labels.histogram().dropLast().filter { $0 > 0 }
        return counts.count > 1
            && Double(counts.max() ?? 0) / Double(counts.reduce(0, +)) < maximumShare
    }
}
