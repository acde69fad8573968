import DenseKitComponents
import DenseKitData
import DenseKitVision
import Testing

private func instance(
    _ box: BoundingBox, _ label: Int = 0, crowd: Bool = false, id: Int64 = 1,
    polygon: [Double]? = nil
)
    -> SampleInstance
{
    SampleInstance(
        box: box, label: label, isCrowd: crowd, area: 1, id: id,
        shape: polygon.map { .polygons([$0]) })
}

private func box(_ x1: Float, _ y1: Float, _ x2: Float, _ y2: Float) -> BoundingBox {
    BoundingBox(x1: x1, y1: y1, x2: x2, y2: y2)
}

/// Things one by one from made-up pictures of different sizes.
private struct Things: Dataset {
    let classes = ClassList(names: ["a", "b"])
    var samples: [DataSample]
    var count: Int { samples.count }
    func sample(at index: Int) -> DataSample { samples[index] }
}

@Suite struct InstanceTests {
    private let things = [
        instance(box(10, 20, 30, 40)), instance(box(-5, 50, 200, 70), 1),
        instance(box(90, 0, 95, 4), crowd: true),
    ]

    private func sample() -> DataSample {
        DataSample(name: "a", image: picture(60, 100), instances: things)
    }

    @Test func resizingScalesAndClips() {
        var sample = sample()
        sample.resize(to: Size2D(height: 90, width: 200))
        #expect(
            sample.instances?.map(\.box) == [
                box(20, 30, 60, 60), box(0, 75, 200, 90), box(180, 0, 190, 6),
            ])
        #expect(sample.instances?.map(\.label) == [0, 1, 0])
        #expect(sample.geometry.scale == (2, 1.5))
    }

    @Test func flippingTwiceIsNothing() {
        var sample = sample()
        sample.flipHorizontally()
        #expect(
            sample.instances?.map(\.box) == [
                box(70, 20, 90, 40), box(-100, 50, 105, 70), box(5, 0, 10, 4),
            ])
        sample.flipHorizontally()
        #expect(sample.instances == things)
    }

    @Test func croppingLeavesOutWhatIsNotInTheWindow() {
        var sample = sample()
        sample.crop(to: PixelWindow(y: 30, x: 20, height: 30, width: 50))
        #expect(sample.instances?.map(\.box) == [box(0, 0, 10, 10), box(0, 20, 50, 30)])
        sample.crop(to: PixelWindow(y: 0, x: 10, height: 10, width: 5))
        #expect(sample.instances == [])  // a box that ends where the window begins is outside
    }

    @Test func geometryTellsPictureAndPadding() {
        var sample = sample()
        sample.resize(to: Size2D(height: 30, width: 50))
        sample.normalize(.clip)
        sample.pad(to: Size2D(height: 32, width: 64))
        let expected = ImageGeometry(
            size: Size2D(height: 30, width: 50), paddedSize: Size2D(height: 32, width: 64),
            originalSize: Size2D(height: 60, width: 100), scale: (0.5, 0.5))
        #expect(sample.geometry == expected)
        #expect(sample.instances?[0].box == box(5, 10, 15, 20))
        sample.flipHorizontally()  // the padding is part of what is flipped
        #expect(sample.geometry.size == Size2D(height: 32, width: 64))
        #expect(sample.instances?[0].box == box(49, 10, 59, 20))
    }

    /// The masks are what the same steps make of a map of labels.
    @Test func masksFollowThePicture() throws {
        let outline: [Double] = [3, 2, 40.5, 4, 30, 25, 7.25, 22]
        let mask = try RunLengthMask(polygons: [outline], size: Size2D(height: 30, width: 50))
        let labels = LabelMap(height: 30, width: 50, labels: mask.bitmap().map(UInt16.init))
        for (backend, steps) in [(ResizeBackend.cv2, 0), (.pil, 0), (.cv2, 1), (.cv2, 2)] {
            var sample = try DataSample(
                name: "a", image: picture(30, 50), labels: labels,
                instances: [
                    instance(box(3, 2, 41, 25), polygon: outline),
                    instance(box(0, 0, 9, 9), crowd: true),
                    instance(box(3, 2, 41, 25), id: 2, polygon: outline),
                ], wantsMasks: true)
            if steps == 1 { sample.crop(to: PixelWindow(y: 3, x: 5, height: 20, width: 30)) }
            sample.resize(to: Size2D(height: 47, width: 61), backend: backend)
            sample.flipHorizontally()
            if steps == 2 {
                sample.crop(to: PixelWindow(y: 2, x: 4, height: 40, width: 33))
                sample.resize(to: Size2D(height: 17, width: 20))
            }
            sample.pad(to: Size2D(height: 64, width: 64))
            let expected = try #require(sample.labels?.labels).map { $0 == 1 ? UInt8(1) : 0 }
            #expect(expected.contains(1))
            #expect(try sample.masks() == expected + expected)
            #expect(try sample.mask(of: #require(sample.instances?.last)) == expected)
        }
    }

    @Test func runLengthsBelongToTheirPicture() throws {
        let mask = try RunLengthMask(counts: [3, 2, 7], size: Size2D(height: 3, width: 4))
        var thing = instance(box(0, 0, 3, 3), id: 8)
        thing.shape = .runLengths(mask)
        #expect(
            try DataSample(name: "a", image: picture(3, 4), instances: [thing]).masks()
                == mask.bitmap())
        let other = DataSample(name: "a.jpg", image: picture(4, 3), instances: [thing])
        #expect(
            throws: DataError(
                "a.jpg",
                "annotation 8: \(MaskError.sizes(Size2D(height: 3, width: 4), Size2D(height: 4, width: 3)))",
                remedy: "correct its segmentation, or take it out")
        ) { try other.masks() }
        thing.shape = nil
        #expect(
            throws: DataError(
                "a.jpg", "annotation 8 does not define what it covers",
                remedy: "set masks: false for boxes alone")
        ) { try DataSample(name: "a.jpg", image: picture(3, 4), instances: [thing]).masks() }
    }

    @Test func picturesOfDifferentSizesAreBatched() throws {
        let outline: [Double] = [0, 0, 4, 0, 4, 2, 0, 2]
        let samples = [
            DataSample(
                name: "wide", image: picture(4, 8),
                instances: [instance(box(0, 0, 4, 2), polygon: outline)], wantsMasks: true),
            DataSample(name: "high", image: picture(9, 3), instances: [], wantsMasks: true),
        ]
        struct Steps: Transform {
            func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
                sample.normalize(.clip)
                sample.pad(to: Size2D(height: sample.size.height + 1, width: sample.size.width))
            }
        }
        var options = DataLoader.Options()
        options.batch = 2
        options.shuffles = false
        let batch = try #require(try DataLoader(Things(samples: samples), Steps(), options).next())
        #expect((batch.height, batch.width) == (10, 8))
        let floats = [picture(4, 8), picture(9, 3)].map {
            Normalization.clip($0).padded(to: Size2D(height: 10, width: 8)).pixels
        }
        #expect(batch.pixels == floats[0] + floats[1])
        #expect(
            batch.geometries.map(\.size) == [
                Size2D(height: 4, width: 8), Size2D(height: 9, width: 3),
            ])
        #expect(
            batch.geometries.map(\.paddedSize) == [
                Size2D(height: 5, width: 8), Size2D(height: 10, width: 3),
            ])
        #expect(batch.instances?.map(\.count) == [1, 0])
        let expected = (0..<80).map { UInt8($0 / 8 < 2 && $0 % 8 < 4 ? 1 : 0) }
        #expect(batch.masks == [expected, []])
        #expect(batch.labels == nil)
        options.keepsOriginalLabels = true
        #expect(try DataLoader(Things(samples: samples), Steps(), options).next()?.masks == nil)
    }
}
