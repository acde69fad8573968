import DenseKitCore
import DenseKitLanguageGuidance
import Testing

@testable import DenseKitICPC

@Suite struct AlignmentTests {
    /// Eq. 8 written out, for a map whose levels double.
    @Test func equation8() throws {
        let alignment = try MultiScaleAlignment(12, classes: 3, stride: 32)
        #expect(alignment.strides == [32, 16, 8, 4])
        let z = try Tensor.randomNormal([2, 12, 2, 3], generator: RandomGenerator(seed: 1))
        let text = try Tensor.randomNormal([2, 3, 12], generator: RandomGenerator(seed: 2))
        let sizes = [1, 2, 4, 8].map { Size2D(2 * $0, 3 * $0) }
        let found = try withoutGrad { try alignment(z, text, sizes: sizes) }
        let expected = try withoutGrad {
            func up(_ index: Int, _ scores: Tensor) throws -> Tensor {
                try alignment.scoreUps[index](scores)
            }
            let a1 = try scoreMap(z, text)
            let a2 = try scoreMap(alignment.embedUps[0](z), text)
            let a3 = try up(0, a1) + up(1, a2)
            return [a1, a2, a3, try up(2, a1) + up(3, a2) + up(4, a3)]
        }
        for (a, b) in zip(found, expected) {
            #expect(try a.shape == b.shape && (a - b).abs().amax().item() < 1e-6)
        }
        #expect(found.count == 4 && alignment.scoreUps.map(\.layers.count) == [2, 1, 3, 2, 1])
        // The first two are cosines; sums of them are not.
        #expect(try found[1].abs().amax().item() <= 1 + 1e-6)
    }

    @Test(arguments: [
        (32, [32, 16, 8, 4], 5), (16, [16, 8, 4], 2), (8, [8, 4], 0), (4, [4], 0),
        (64, [64, 32, 16, 8, 4], 9), (14, [14, 7], 0),
        (2, [2], 0),
    ])
    func anyStride(_ stride: Int, _ strides: [Int], _ ups: Int) throws {
        let alignment = try MultiScaleAlignment(4, classes: 2, stride: stride)
        #expect(alignment.strides == strides && alignment.scoreUps.count == ups)
        #expect(alignment.embedUps.count == (strides.count > 1 ? 1 : 0))
        let z = try Tensor.ones([1, 4, 2, 2])
        let found = try alignment(z, Tensor.ones([1, 2, 4]), sizes: strides.map { _ in nil })
        #expect(found.map { $0.size(2) } == strides.indices.map { 2 << $0 })
    }

    /// What does not have its level's size is resized, once, after all doublings.
    @Test func oddSizes() throws {
        let alignment = try MultiScaleAlignment(12, classes: 3, stride: 32)
        let z = try Tensor.randomNormal([1, 12, 2, 3], generator: RandomGenerator(seed: 1))
        let text = try Tensor.randomNormal([1, 3, 12], generator: RandomGenerator(seed: 2))
        let sizes = [Size2D(2, 3), Size2D(5, 7), Size2D(10, 14), Size2D(19, 27)]
        let found = try withoutGrad { try alignment(z, text, sizes: sizes) }
        #expect(found.map { Size2D($0.size(2), $0.size(3)) } == sizes)
        let expected = try withoutGrad {
            func up(_ index: Int, _ scores: Tensor) throws -> Tensor {
                try alignment.scoreUps[index](scores).interpolated(to: sizes[2], .bilinear())
            }
            let a2 = try scoreMap(
                alignment.embedUps[0](z).interpolated(to: sizes[1], .bilinear()), text)
            return try up(0, found[0]) + up(1, a2)
        }
        #expect(try (found[2] - expected).abs().amax().item() < 1e-6)
    }
}
