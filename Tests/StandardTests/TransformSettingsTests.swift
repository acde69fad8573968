import DenseKitConfiguration
import DenseKitData
import DenseKitStandard
import DenseKitVision
import Testing

@Suite struct TransformSettingsTests {
    @Test func mistakesAreNamed() {
        /// The making of a transform from its default settings with a change.
        func make<Settings: YAMLConfiguration, Made: Transform>(
            _ initializer: @escaping (Settings) throws -> Made, _ change: (inout Settings) -> Void
        ) -> () throws -> Void {
            var settings = Settings()
            change(&settings)
            return { [settings] in _ = try initializer(settings) }
        }
        let cases: [(build: () throws -> Void, message: String)] = [
            (
                make(Resize.init) { $0.scale = [512] },
                "Resize: scale: expected two sides of 1…65535 pixels, found [512]"
            ),
            (
                make(Resize.init) { $0.ratioRange = [2, 0.5] },
                "Resize: ratio_range: expected [low, high] with 0 < low ≤ high ≤ 64, found [2.0, 0.5]"
            ),
            (
                make(RandomCrop.init) { $0.cropSize = Size2D(0) },
                "RandomCrop: crop_size: expected sides of 1…65535 pixels, found [0, 0]"
            ),
            (
                make(RandomCrop.init) { $0.catMaxRatio = .nan },
                "RandomCrop: cat_max_ratio: expected a share above 0 and at most 1, found nan"
            ),
            (
                make(RandomFlip.init) { $0.prob = 2 },
                "RandomFlip: prob: expected a probability of 0…1, found 2.0"
            ),
            (
                make(PhotoMetricDistortion.init) { $0.brightnessDelta = -1 },
                "PhotoMetricDistortion: brightness_delta: expected 0…255, found -1.0"
            ),
            (
                make(PhotoMetricDistortion.init) { $0.hueDelta = 91 },
                "PhotoMetricDistortion: hue_delta: expected 0…90, found 91"
            ),
            (
                make(PhotoMetricDistortion.init) { $0.saturationRange = [1] },
                "PhotoMetricDistortion: saturation_range: expected [low, high] with 0 ≤ low ≤ high ≤ 256, found [1.0]"
            ),
            (
                make(Normalize.init) { $0.mean = [1, 2] },
                "Normalize: mean: expected three levels, found [1.0, 2.0]"
            ),
            (
                make(Normalize.init) { $0.std = [1, 0, 1] },
                "Normalize: std: expected three positive deviations, found [1.0, 0.0, 1.0]"
            ),
            (make(PadTransform.init) { _ in }, "Pad: size: expected either size or size_divisor"),
            (
                make(PadTransform.init) { $0.sizeDivisor = 0 },
                "Pad: size_divisor: expected 1…65535, found 0"
            ),
            (
                make(PadTransform.init) { $0.size = Size2D(height: 4, width: 70000) },
                "Pad: size: expected sides of 1…65535 pixels, found [4, 70000]"
            ),
        ]
        for (build, message) in cases { #expect(text(build) == message) }
    }

    @Test func theOrderIsChecked() throws {
        func apply(_ last: any Transform) -> String {
            text {
                var sample = example(4, 4)
                var draws = random(0)
                try Pipeline([Normalize(Normalize.Configuration()), last])(&sample, &draws)
            }
        }
        let cases: [(last: (() throws -> any Transform), message: String)] = [
            (
                { try PhotoMetricDistortion(PhotoMetricDistortion.Configuration()) },
                "PhotoMetricDistortion: order: expected 8-bit images; move it before Normalize"
            ),
            (
                { try Normalize(Normalize.Configuration()) },
                "Normalize: order: the images are normalised already; leave one out"
            ),
        ]
        for (last, message) in cases { #expect(try apply(last()) == message) }
    }

    private func text(_ build: () throws -> Void) -> String {
        do {
            try build()
            return "nothing thrown"
        } catch {
            return "\(error)"
        }
    }

    @Test func sizesInYAML() throws {
        let side = try RandomCrop.Configuration.decode(yaml: "crop_size: 640")
        #expect(side.cropSize == Size2D(640))
        let pair = try RandomCrop.Configuration.decode(
            yaml: "{crop_size: [480, 640], cat_max_ratio: 1}")
        #expect(pair.cropSize == Size2D(height: 480, width: 640))
        #expect(
            try Resize.Configuration.decode(yaml: "{scale: [2560, 640], ratio_range: null}")
                .ratioRange == nil)
        #expect(try PadTransform.Configuration.decode(yaml: "size: 512").size == Size2D(512))
        #expect(throws: (any Error).self) {
            try RandomCrop.Configuration.decode(yaml: "crop_size: [1, 2, 3]")
        }
    }
}
