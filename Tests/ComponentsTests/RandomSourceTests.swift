import DenseKitComponents
import Testing

@Suite struct RandomSourceTests {
    @Test(
        "Those with the smallest numbers are chosen, whichever the numbers are",
        arguments: [0, 1, 7, 256, 1999, 2000, 3000])
    func smallest(_ count: Int) throws {
        let total = 2000
        let seeded = RandomSource(seed: 3, iteration: 5)
        let equal = RandomSource { _, _, count in [Double](repeating: 0.75, count: count) }
        let large = RandomSource { _, _, count in
            (0..<count).map { 0.9 + 0.05 * Double($0) / Double(count) }
        }
        for draws in [seeded, RandomSource.inOrder, equal, large] {
            let numbers = try draws.uniform("a", image: 1, count: total)
            let expected = (0..<total).sorted { (numbers[$0], $0) < (numbers[$1], $1) }.prefix(
                count
            ).sorted()
            #expect(try draws.choose(count, of: total, "a", image: 1) == expected)
        }
    }

    @Test func anotherPurposeImageOrIterationIsAnotherChoice() throws {
        let draws = RandomSource(seed: 1, iteration: 2)
        let choice = try draws.choose(5, of: 1000, "a", image: 0)
        #expect(try draws.choose(5, of: 1000, "a", image: 0) == choice)
        #expect(try draws.choose(5, of: 1000, "b", image: 0) != choice)
        #expect(try draws.choose(5, of: 1000, "a", image: 1) != choice)
        #expect(
            try RandomSource(seed: 1, iteration: 3).choose(5, of: 1000, "a", image: 0) != choice)
        #expect(
            try RandomSource(seed: 1, iteration: 2, firstImage: 4).choose(
                5, of: 1000, "a", image: 1) != choice)
        let second = try RandomSource(seed: 1, iteration: 2, firstImage: 1).choose(
            5, of: 1000, "a", image: 0)
        #expect(try second == draws.choose(5, of: 1000, "a", image: 1))
        #expect(
            try draws.choose(-1, of: 10, "a", image: 0) == []
                && draws.choose(3, of: 2, "a", image: 0) == [0, 1])
    }
}
