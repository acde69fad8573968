import DenseKitDetection
import Testing

@Suite struct RoIExtractorTests {
    @Test func levels() throws {
        let rows: [[Float]] = [
            [0, 0, 1, 1], [0, 0, 111.9, 112], [0, 0, 112, 112], [0, 0, 224, 223.9],
            [0, 0, 9000, 9000], [5, 5, 5, 50],
            [.nan, 0, 1, 1], [5, 0, 1, 9],
        ]
        #expect(
            try FPNLevels(count: 3).levels(of: boxes(rows)).integers() == [0, 0, 1, 1, 2, 0, 0, 0])
        #expect(
            try FPNLevels(count: 1).levels(of: boxes(rows)).integers() == [0, 0, 0, 0, 0, 0, 0, 0])
        #expect(
            try FPNLevels(count: 3, finestScale: 1).levels(of: boxes([[0, 0, 2, 2]])).integers()
                == [1])
    }

    /// Each region comes back in its place, from the level of its size: level l holds l + 1 and, in
    /// the second image, that and 10.
    @Test func order() throws {
        let maps = try [(1.0, 64), (2.0, 32)].map { value, side in
            try Tensor.cat(
                [
                    Tensor.full([1, 3, side, side], value),
                    Tensor.full([1, 3, side, side], value + 10),
                ], dim: 0)
        }
        let regions = try Tensor.from(
            [0, 10, 10, 200, 200, 1, 10, 10, 30, 30, 0, 10, 10, 30, 30, 1, 10, 10, 200, 200].map(
                Float.init), shape: [4, 5])
        let read = try RoIExtractor(size: 2, strides: [4, 8])(maps, regions)
        #expect(read.shape == [4, 3, 2, 2])
        #expect(
            isClose(
                try read.selected(1, 0).reshaped([4, 4]).selected(1, 0).floats(), [2, 11, 1, 12]))
    }

    /// A level without regions has a gradient, of 0, and no regions are no error.
    @Test func emptyLevels() throws {
        let maps = try [Tensor.ones([1, 1, 16, 16]), Tensor.ones([1, 1, 8, 8])]
        for map in maps { try map.setRequiresGrad(true) }
        let extractor = try RoIExtractor(size: 2, strides: [4, 8])
        try extractor(maps, Tensor.from([Float(0), 4, 4, 20, 20], shape: [1, 5])).sum().backward()
        let gradients = try maps.map { try #require($0.grad).abs().sum().item() }
        #expect(abs(gradients[0] - 4) < 1e-5 && gradients[1] == 0)
        #expect(try extractor(maps, Tensor.zeros([0, 5])).shape == [0, 1, 2, 2])
    }

    @Test func aMapIsMissing() throws {
        let error = try #require(throws: SettingError.self) {
            _ = try RoIExtractor(size: 2, strides: [4, 8])(
                [Tensor.zeros([1, 1, 4, 4])], Tensor.zeros([0, 5]))
        }
        #expect(error.description == "regions are read from 2 levels, and 1 maps came")
    }
}

@Suite struct MaskTargetTests {
    /// The left half of a picture of 8×8, and its lower quarter.
    private func masks() throws -> Tensor {
        let left = (0..<64).map { Int64($0 % 8 < 4 ? 1 : 0) }
        let lower = (0..<64).map { Int64($0 / 8 >= 6 ? 1 : 0) }
        return try Tensor.from(left + lower, shape: [2, 8, 8]).to(.uint8)
    }

    @Test func partsOfMasks() throws {
        let targets = try MaskTargets(size: 2)(
            masks(), boxes: boxes([[0, 0, 8, 8], [0, 4, 8, 8], [-9, -9, 99, 99]]),
            groundTruthIndices: ints([1, 0, 0]))
        #expect(targets.shape == [3, 2, 2] && targets.dtype == .float32)
        #expect(try targets.floats() == [0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0])
        let shares = try MaskTargets(size: 2).shares(
            masks(), boxes: boxes([[0, 0, 8, 8]]), groundTruthIndices: ints([1]))
        #expect(isClose(try shares.floats(), [0, 0, 0.5, 0.5]))
    }

    @Test func nothing() throws {
        #expect(
            try MaskTargets(size: 3)(masks(), boxes: boxes([]), groundTruthIndices: ints([])).shape
                == [
                    0, 3, 3,
                ])
        let none = try Tensor.zeros([0, 8, 8], dtype: .uint8)
        #expect(
            try MaskTargets(size: 3)(none, boxes: boxes([]), groundTruthIndices: ints([])).shape
                == [
                    0, 3, 3,
                ])
        let outside = try MaskTargets(size: 2)(
            masks(), boxes: boxes([[20, 20, 30, 30]]), groundTruthIndices: ints([0]))
        #expect(try outside.floats() == [0, 0, 0, 0])
    }

    @Test func aTruthThatIsNotThere() throws {
        #expect(throws: TorchError.self) {
            try MaskTargets(size: 2)(
                masks(), boxes: boxes([[0, 0, 8, 8]]), groundTruthIndices: ints([2]))
        }
    }
}
