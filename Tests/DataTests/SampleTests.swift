import DenseKitData
import DenseKitVision
import Testing

/// What is put off comes out as if it had been done at once.
@Suite struct SampleTests {
    private let image = picture(9, 13)
    private let labels = LabelMap(height: 9, width: 13, labels: (0..<9 * 13).map { UInt16($0 % 7) })

    @Test func resizeAndCrop() throws {
        var sample = try DataSample(name: "a", image: image, labels: labels)
        let size = Size2D(height: 20, width: 31)
        let window = PixelWindow(y: 3, x: 5, height: 12, width: 20)
        let inner = PixelWindow(y: 1, x: 2, height: 4, width: 5)
        sample.resize(to: size)
        #expect(sample.size == size)
        #expect(sample.labels(in: window) == labels.resized(to: size).cropped(to: window))
        sample.crop(to: window)
        sample.crop(to: inner)
        #expect(sample.size == inner.size)
        #expect(sample.image == image.resized(to: size).cropped(to: window).cropped(to: inner))
        #expect(sample.labels == labels.resized(to: size).cropped(to: window).cropped(to: inner))
        #expect(sample.originalSize == Size2D(height: 9, width: 13))
        sample.resize(to: Size2D(height: 2, width: 2))
        #expect(
            sample.image
                == image.resized(to: size).cropped(to: window).cropped(to: inner).resized(
                    to: Size2D(height: 2, width: 2)))
    }

    @Test func flipTwice() throws {
        var sample = try DataSample(name: "a", image: image, labels: labels)
        sample.flipHorizontally()
        #expect(sample.isFlipped)
        #expect(sample.image == image.flippedHorizontally())
        #expect(sample.labels == labels.flippedHorizontally())
        sample.flipHorizontally()
        #expect(!sample.isFlipped)
        #expect(sample.image == image)
    }

    @Test func normalisedPicturesAreMovedAsFloats() throws {
        let floats = Normalization.clip(image)
        let larger = Size2D(height: 11, width: 15)
        let window = PixelWindow(y: 1, x: 2, height: 5, width: 9)
        let half = Size2D(height: 4, width: 6)
        var sample = try DataSample(name: "a", image: image, labels: labels)
        #expect(sample.normalized == nil)
        sample.normalize(.clip)
        // the second has no effect
        sample.normalize(Normalization(mean: [0, 0, 0], std: [1, 1, 1]))
        sample.pad(to: larger)
        #expect(sample.size == larger)
        #expect(sample.normalized == floats.padded(to: larger))
        #expect(sample.labels == labels.padded(to: larger))
        sample.pad(to: Size2D(height: 12, width: 1))
        sample.flipHorizontally()
        sample.crop(to: window)
        sample.resize(to: half)
        #expect(
            sample.normalized
                == floats.padded(to: Size2D(height: 12, width: 15)).flippedHorizontally().cropped(
                    to: window
                ).resized(to: half))
        #expect(sample.size == half)
    }

    @Test func labelsOfAnotherSize() throws {
        let turned = LabelMap(height: 13, width: 9, fill: 0)
        let error = try #require(throws: DataError.self) {
            try DataSample(name: "a.jpg", image: image, labels: turned)
        }
        #expect(
            error.description
                == "a.jpg: the labels are 13×9, the image is 9×13; labels are as large as their image"
        )
    }

    /// A batch takes a normalised, padded picture by a way of its own.
    @Test func batchesHoldTheSameFloats() throws {
        struct One: Dataset {
            let sample: DataSample
            let classes = ClassList(names: ["a"])
            let count = 1
            func sample(at index: Int) -> DataSample { sample }
        }
        struct Steps: Transform {
            let looks: Bool
            func callAsFunction(_ sample: inout DataSample, _ random: inout SampleRandom) {
                sample.normalize(.clip)
                if looks { _ = sample.normalized }
                sample.pad(to: Size2D(height: 10, width: 16))
            }
        }
        let sample = try DataSample(name: "a", image: image, labels: labels)
        let expected = Normalization.clip(image).padded(to: Size2D(height: 10, width: 16)).pixels
        for looks in [false, true] {
            let batch = try #require(
                try DataLoader(One(sample: sample), Steps(looks: looks), DataLoader.Options())
                    .next())
            #expect(batch.pixels == expected)
            #expect(
                batch.labels
                    == labels.padded(to: Size2D(height: 10, width: 16)).labels.map(Int64.init))
        }
    }
}
