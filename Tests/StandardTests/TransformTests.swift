import DenseKitConfiguration
import DenseKitData
import DenseKitStandard
import DenseKitVision
import Testing

/// A picture and labels with something in them.
func example(_ height: Int = 60, _ width: Int = 90) -> DataSample {
    let pixels = (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7 + $0 / 11) }
    let labels = (0..<height * width).map { $0 % 13 == 0 ? LabelMap.ignore : UInt16($0 / 7 % 5) }
    var sample = DataSample(
        name: "example", image: RGBImage(height: height, width: width, pixels: pixels))
    sample.labels = LabelMap(height: height, width: width, labels: labels)
    return sample
}

func random(_ index: Int) -> SampleRandom { SampleRandom(seed: 3, epoch: 0, index: index) }

@Suite struct ResizeTests {
    @Test func sizesAreMmsegmentations() throws {
        // int(2048 · r), int(512 · r), then int(side · scale + 0.5): 480×640 at r = 0.7 is limited
        // by int(358.4).
        for (ratio, size) in [
            (0.7, Size2D(height: 358, width: 477)), (1.0, Size2D(height: 512, width: 683)),
            (1.25, Size2D(height: 640, width: 853)),
        ] {
            var configuration = Resize.Configuration()
            configuration.ratioRange = [ratio, ratio]
            var sample = DataSample(name: "a", image: RGBImage(height: 480, width: 640))
            var draws = random(0)
            try Resize(configuration)(&sample, &draws)
            #expect(sample.size == size)
        }
    }

    @Test func ratiosSpreadOverTheRange() throws {
        let resize = try Resize(Resize.Configuration())
        let heights = try (0..<200).map { index in
            var sample = DataSample(name: "a", image: RGBImage(height: 512, width: 512))
            var draws = random(index)
            try resize(&sample, &draws)
            return sample.size.height
        }
        #expect(heights.allSatisfy { (256...1024).contains($0) })
        #expect((heights.min() ?? 0) < 280 && (heights.max() ?? 0) > 1000)
    }

    @Test func pixelsOfEitherLibrary() throws {
        let image = RGBImage(height: 6, width: 8, pixels: (0..<144).map { UInt8($0 * 37 % 256) })
        for backend in ResizeBackend.allCases {
            var configuration = Resize.Configuration()
            configuration.scale = [4, 3]
            configuration.ratioRange = nil
            configuration.backend = backend
            var sample = DataSample(name: "a", image: image)
            var draws = random(0)
            try Resize(configuration)(&sample, &draws)
            #expect(
                sample.image == image.resized(to: Size2D(height: 3, width: 4), backend: backend))
        }
        var configuration = Resize.Configuration()
        configuration.backend = .pil
        var sample = DataSample(name: "a", image: image)
        sample.normalize(.clip)
        #expect(
            throws: SettingError(
                "Resize", "backend", "pil resizes 8-bit images only: put Resize before Normalize")
        ) {
            var draws = random(0)
            try Resize(configuration)(&sample, &draws)
        }
    }

    @Test func withoutKeepingTheRatio() throws {
        var configuration = Resize.Configuration()
        configuration.scale = [30, 20]
        configuration.ratioRange = nil
        configuration.keepRatio = false
        var sample = example()
        var draws = random(0)
        try Resize(configuration)(&sample, &draws)
        #expect(sample.image == example().imageAt(Size2D(height: 20, width: 30)))
    }
}

@Suite struct ScalesTests {
    private func sizes(_ change: (inout Resize.Configuration) -> Void) throws -> [Size2D] {
        var configuration = Resize.Configuration()
        configuration.ratioRange = nil
        change(&configuration)
        let resize = try Resize(configuration)
        return try (0..<200).map { index in
            var sample = DataSample(name: "a", image: RGBImage(height: 30, width: 60))
            var draws = random(index)
            try resize(&sample, &draws)
            return sample.size
        }
    }

    @Test func oneOfSeveral() throws {
        let sizes = try sizes { $0.scales = [[64, 20], [30, 80]] }
        #expect(Set(sizes) == [Size2D(height: 20, width: 40), Size2D(height: 30, width: 60)])
        #expect((60...140).contains(sizes.count { $0.height == 20 }))
    }

    @Test func betweenSeveral() throws {
        let sizes = try sizes {
            $0.scales = [[90, 20], [30, 90]]
            $0.scalesMode = .range
        }
        #expect(Set(sizes.map(\.height)) == Set(20...30))
    }

    @Test func settingsOutOfRange() {
        #expect(
            throws: SettingError(
                "Resize", "ratio_range",
                "expected null beside scales: an image is scaled by the one or the other")
        ) { try sizes { ($0.scales, $0.ratioRange) = ([[30, 20]], [1, 1]) } }
        #expect(
            throws: SettingError(
                "Resize", "scales", "expected two sides of 1…65535 pixels, found [30]")
        ) {
            try sizes { $0.scales = [[30]] }
        }
    }

    /// mmdetection's numbers for a picture of 427×640 within 1333×800, mirrored.
    @Test func boxesFollow() throws {
        var sample = DataSample(
            name: "a", image: RGBImage(height: 640, width: 427),
            instances: [
                SampleInstance(
                    box: BoundingBox(x1: 10.5, y1: 20.25, x2: 430, y2: 200), label: 0, area: 1,
                    id: 1)
            ])
        var draws = random(0)
        var configuration = Resize.Configuration()
        configuration.scale = [1333, 800]
        configuration.ratioRange = nil
        try Resize(configuration)(&sample, &draws)
        var flip = RandomFlip.Configuration()
        flip.prob = 1
        try RandomFlip(flip)(&sample, &draws)
        try Normalize(Normalize.Configuration())(&sample, &draws)
        var pad = PadTransform.Configuration()
        pad.sizeDivisor = 32
        try PadTransform(pad)(&sample, &draws)
        #expect(
            sample.size == Size2D(height: 1216, width: 800)
                && sample.geometry.size == Size2D(height: 1199, width: 800))
        let x = Float(1.8735363483428955)
        let y = Float(1.873437523841858)
        #expect(
            sample.instances?.map(\.box) == [
                BoundingBox(x1: 0, y1: 20.25 * y, x2: 800 - 10.5 * x, y2: 200 * y)
            ])
    }
}

extension DataSample {
    fileprivate func imageAt(_ size: Size2D) -> RGBImage {
        var copy = self
        return copy.image.resized(to: size)
    }
}

@Suite struct RandomCropTests {
    private func crop(_ side: Size2D, share: Double = 0.75) throws -> RandomCrop {
        var configuration = RandomCrop.Configuration()
        configuration.cropSize = side
        configuration.catMaxRatio = share
        return try RandomCrop(configuration)
    }

    @Test func aSmallerPictureKeepsItsSide() throws {
        var sample = example(20, 90)
        var draws = random(0)
        try crop(Size2D(32))(&sample, &draws)
        #expect(sample.size == Size2D(height: 20, width: 32))
        #expect(sample.labels?.size == sample.size)
    }

    @Test func everyPlaceIsReached() throws {
        // Pixel (y, x) of a 3×3 picture is 3 y + x: the corner of a 2×2 window tells its place.
        let image = RGBImage(
            height: 3, width: 3, pixels: (0..<9).flatMap { Array(repeating: UInt8($0), count: 3) })
        let corners = try (0..<100).map { index in
            var sample = DataSample(name: "a", image: image)
            var draws = random(index)
            try crop(Size2D(2))(&sample, &draws)
            return sample.image.pixels[0]
        }
        #expect(Set(corners) == [0, 1, 3, 4])
    }

    @Test func windowsOfOneClassAreDrawnAgain() throws {
        // Class 1 fills one corner; ten redraws of a 20×20 window in 60×90 find it far more often
        // than one draw does.
        var labels = LabelMap(height: 60, width: 90, fill: 0)
        for y in 30..<60 {
            for x in 45..<90 { labels.labels[y * 90 + x] = 1 }
        }
        func varied(_ share: Double) throws -> Int {
            try (0..<100).filter { index in
                var sample = try DataSample(
                    name: "a", image: RGBImage(height: 60, width: 90), labels: labels)
                var draws = random(index)
                try crop(Size2D(20), share: share)(&sample, &draws)
                let counts = sample.labels?.histogram().filter { $0 > 0 } ?? []
                return counts.count > 1 && (counts.max() ?? 0) < 300
            }.count
        }
        let once = try varied(1)
        let again = try varied(0.75)
        // About one window in seven is varied.
        #expect((5..<30).contains(once))
        #expect(again > 65)
    }
}

@Suite struct PixelTransformTests {
    @Test func flipsFollowTheirChance() throws {
        for (chance, expected) in [(0.0, 0), (1.0, 100)] {
            var configuration = RandomFlip.Configuration()
            configuration.prob = chance
            let flip = try RandomFlip(configuration)
            let flipped = (0..<100).filter { index in
                var sample = example(4, 4)
                var draws = random(index)
                flip(&sample, &draws)
                return sample.isFlipped
            }
            #expect(flipped.count == expected)
        }
    }

    @Test func distortionStaysNearAndVaries() throws {
        let distort = try PhotoMetricDistortion(PhotoMetricDistortion.Configuration())
        var before = example()
        let results = try (0..<40).map { index in
            var sample = example()
            var draws = random(index)
            try distort(&sample, &draws)
            return sample.image
        }
        // No brightness, contrast, saturation or hue: one in sixteen.
        let unchanged = results.filter { $0 == before.image }.count
        #expect((1..<10).contains(unchanged))
        #expect(Set(results.map { $0.pixels[5000] }).count > 15)
    }

    @Test func distortionWithoutRangeChangesNothingButRounding() throws {
        var configuration = PhotoMetricDistortion.Configuration()
        configuration.brightnessDelta = 0
        configuration.hueDelta = 0
        configuration.contrastRange = [1, 1]
        configuration.saturationRange = [1, 1]
        let distort = try PhotoMetricDistortion(configuration)
        var before = example()
        for index in 0..<10 {
            var sample = example()
            var draws = random(index)
            try distort(&sample, &draws)
            // To HSV and back twice loses a few levels.
            #expect(
                zip(sample.image.pixels, before.image.pixels).allSatisfy {
                    abs(Int($0) - Int($1)) <= 8
                })
        }
    }

    @Test func normaliseThenPadWithTheMean() throws {
        var sample = example(5, 6)
        var draws = random(0)
        var pad = PadTransform.Configuration()
        pad.sizeDivisor = 4
        try Normalize(Normalize.Configuration())(&sample, &draws)
        try PadTransform(pad)(&sample, &draws)
        #expect(sample.size == Size2D(height: 8, width: 8))
        #expect(sample.normalized?.pixels.suffix(24) == ArraySlice(repeating: 0, count: 24))
        #expect(sample.labels?.labels.last == LabelMap.ignore)
    }
}
