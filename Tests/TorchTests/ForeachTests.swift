import DenseKitTorch
import Testing

@Suite struct ForeachTests {
    private func pair(_ a: Float, _ b: Float) throws -> [Tensor] {
        try [.from([a]), .from([b, b])]
    }
    private func values(_ tensors: [Tensor]) throws -> [[Float]] {
        try tensors.map { try $0.floats() }
    }

    @Test func inPlaceOperations() throws {
        let xs = try pair(1, 2)
        try Foreach.mul(xs, 3)
        #expect(try values(xs) == [[3], [6, 6]])
        try Foreach.add(xs, pair(10, 20), scale: 0.5)
        #expect(try values(xs) == [[8], [16, 16]])
        try Foreach.add(xs, 1)
        #expect(try values(xs) == [[9], [17, 17]])
        try Foreach.addProduct(xs, pair(2, 3), pair(5, 7), scale: -1)
        #expect(try values(xs) == [[-1], [-4, -4]])
        try Foreach.addQuotient(xs, pair(1, 8), pair(2, 2), scale: 2)
        #expect(try values(xs) == [[0], [4, 4]])
    }

    @Test func operationsWithResults() throws {
        #expect(try values(Foreach.sqrt(pair(4, 9))) == [[2], [3, 3]])
        #expect(
            try values(Foreach.norm([.from([Float(3), 4]), .from([Float(-2)])])) == [[5], [2]])
        #expect(try Foreach.sqrt([]).isEmpty)
        try Foreach.mul([], 2)
    }
}
