import DenseKitConfiguration
import DenseKitData
import DenseKitStandard
import DenseKitVision
import Testing

@Suite struct TransformSettingsTests {
    @Test func mistakesAreNamed() {
        func resize(_ change: (inout Resize.Configuration) -> Void) -> () throws -> Void {
            var configuration = Resize.Configuration()
            change(&configuration)
            return { [configuration] in _ = try Resize(configuration) }
        }
        func crop(_ change: (inout RandomCrop.Configuration) -> Void) -> () throws -> Void {
            var configuration = RandomCrop.Configuration()
            change(&configuration)
            return { [configuration] in _ = try RandomCrop(configuration) }
        }
        func distort(_ change: (inout PhotoMetricDistortion.Configuration) -> Void) -> () throws ->
            Void
        {
            var configuration = PhotoMetricDistortion.Configuration()
            change(&configuration)
            return { [configuration] in _ = try PhotoMetricDistortion(configuration) }
        }
        func normalize(_ change: (inout Normalize.Configuration) -> Void) -> () throws -> Void {
            var configuration = Normalize.Configuration()
            change(&configuration)
            return { [configuration] in _ = try Normalize(configuration) }
        }
        func pad(_ change: (inout PadTransform.Configuration) -> Void) -> () throws -> Void {
            var configuration = PadTransform.Configuration()
            change(&configuration)
            return { [configuration] in _ = try PadTransform(configuration) }
        }
        func flip(_ probability: Double) -> () throws -> Void {
            var configuration = RandomFlip.Configuration()
            configuration.prob = probability
            return { [configuration] in _ = try RandomFlip(configuration) }
        }
        let cases: [(build: () throws -> Void, message: String)] = [
            (
                resize { $0.scale = [512] },
                "Resize: scale: expected two sides of 1…65535 pixels, found [512]"
            ),
            (
                resize { $0.ratioRange = [2, 0.5] },
                "Resize: ratio_range: expected [low, high] with 0 < low ≤ high ≤ 64, found [2.0, 0.5]"
            ),
            (
                crop { $0.cropSize = Size2D(0) },
                "RandomCrop: crop_size: expected sides of 1…65535 pixels, found [0, 0]"
            ),
            (
                crop { $0.catMaxRatio = .nan },
                "RandomCrop: cat_max_ratio: expected a share above 0 and at most 1, found nan"
            ),
            (flip(2), "RandomFlip: prob: expected a probability of 0…1, found 2.0"),
            (
                distort { $0.brightnessDelta = -1 },
                "PhotoMetricDistortion: brightness_delta: expected 0…255, found -1.0"
            ),
            (
                distort { $0.hueDelta = 91 },
                "PhotoMetricDistortion: hue_delta: expected 0…90, found 91"
            ),
            (
                distort { $0.saturationRange = [1] },
                "PhotoMetricDistortion: saturation_range: expected [low, high] with 0 ≤ low ≤ high ≤ 256, found [1.0]"
            ),
            (
                normalize { $0.mean = [1, 2] },
                "Normalize: mean: expected three levels, found [1.0, 2.0]"
            ),
            (
                normalize { $0.std = [1, 0, 1] },
                "Normalize: std: expected three positive deviations, found [1.0, 0.0, 1.0]"
            ),
            (pad { _ in }, "Pad: size: expected either size or size_divisor"),
            (pad { $0.sizeDivisor = 0 }, "Pad: size_divisor: expected 1…65535, found 0"),
            (
                pad { $0.size = Size2D(height: 4, width: 70000) },
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
                "PhotoMetricDistortion: order: expected 8-bit pictures; move it before Normalize"
            ),
            (
                { try Normalize(Normalize.Configuration()) },
                "Normalize: order: the pictures are normalised already; leave one out"
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
