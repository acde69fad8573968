import DenseKitNN
import Testing

@Suite struct TokenTests {
    @Test func mapsAndTokens() throws {
        let map = try counting(2, 3, 2, 2)
        let tokens = try map.asTokens()
        try expect(tokens.selected(0, 0), [4, 3], [1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12])
        let back = try Tensor.cat([Tensor.zeros([2, 1, 3]), tokens], dim: 1).asMap(Size2D(2, 2))
        #expect(try back.isChannelsLast && distance(back, map) == 0)
        #expect(try counting(1, 7, 3).asMap(Size2D(2, 3)).shape == [1, 3, 2, 3])
    }

    @Test(arguments: [(2, 1), (5, 2), (197, 14), (577, 24)]) func squareGrids(
        _ rows: Int, _ side: Int
    ) throws {
        #expect(try Tensor.zeros([rows, 3]).gridSide == side)
    }

    @Test(arguments: [[0, 3], [1, 3], [3, 3], [198, 3], [5], [1, 5, 3]]) func noGrids(
        _ shape: [Int]
    ) throws {
        #expect(try Tensor.zeros(shape).gridSide == nil)
    }

    /// The first row stays; the others are pixels of a map.
    @Test(arguments: [Size2D(2, 5), Size2D(1, 1), Size2D(3, 3), Size2D(6, 2)]) func gridsAreResized(
        _ size: Size2D
    ) throws {
        let positions = try normal(10, 4)
        for mode in [Interpolation.bilinear(), .bicubic()] {
            let resized = try positions.resizedGrid(from: 3, to: size, mode)
            #expect(resized.shape == [1 + size.height * size.width, 4])
            #expect(try distance(resized.narrowed(0, 0, 1), positions.narrowed(0, 0, 1)) == 0)
            let map = try positions.narrowed(0, 1, 9).transposed(0, 1).reshaped([1, 4, 3, 3])
                .interpolated(to: size, mode)
            #expect(try distance(resized.unsqueezed(0).asMap(size), map) < 1e-6)
        }
        #expect(try positions.resizedGrid(from: 3, to: 3) === positions)
    }
}
