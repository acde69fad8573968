import DenseKitComponents
import DenseKitData
import Testing

@Suite struct RandomTests {
    /// The known answers of Random123 for philox4x32-10.
    @Test func philoxVectors() {
        let cases: [(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, answer: SIMD4<UInt32>)] = [
            (
                SIMD4(0, 0, 0, 0), SIMD2(0, 0),
                SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
            ),
            (
                SIMD4(repeating: .max), SIMD2(repeating: .max),
                SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
            ),
            (
                SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
                SIMD2(0xA409_3822, 0x299F_31D0),
                SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
            ),
        ]
        for (counter, key, answer) in cases { #expect(Philox.block(counter, key: key) == answer) }
    }

    @Test func streamsDependOnSeedEpochAndIndexAlone() {
        func first(_ seed: UInt64, _ epoch: Int, _ index: Int) -> [UInt64] {
            var random = SampleRandom(seed: seed, epoch: epoch, index: index)
            return (0..<5).map { _ in random.next() }
        }
        #expect(first(1, 2, 3) == first(1, 2, 3))
        let streams = [
            first(1, 2, 3), first(2, 2, 3), first(1, 3, 3), first(1, 2, 4),
            first(1, 2, 3 + 1 << 40), first(1 << 40, 2, 3),
        ]
        #expect(Set(streams).count == streams.count)
        // The draws are part of what a run is: they may not change from one release to the next.
        #expect(first(1, 2, 3)[0] == 0xEAAC_A1BE_67AE_FAD0)
    }

    @Test func drawsAreUniform() {
        var random = SampleRandom(seed: 0, epoch: 0, index: 0)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[random.integer(in: -3..<4) + 3] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
        let draws = (0..<10_000).map { _ in random.uniform(-2, 6) }
        #expect(draws.allSatisfy { $0 >= -2 && $0 < 6 })
        #expect(abs(draws.reduce(0, +) / 10_000 - 2) < 0.1)
        #expect((0..<10_000).filter { _ in random.chance(0.2) }.count > 1800)
        #expect(!(0..<1000).contains { _ in random.chance(0) })
        #expect((0..<1000).allSatisfy { _ in random.chance(1) })
        #expect(random.integer(in: Int.min..<Int.min + 1) == Int.min)
    }

    @Test func ordersArePermutations() {
        let order = EpochOrder(seed: 5, epoch: 3, count: 100)
        let indices = (0..<100).map { order[$0] }
        #expect(indices.sorted() == Array(0..<100))
        #expect(indices != Array(0..<100))
        let again = EpochOrder(seed: 5, epoch: 3, count: 100)
        #expect(indices == (0..<100).map { again[$0] })
        let next = EpochOrder(seed: 5, epoch: 4, count: 100)
        #expect(indices != (0..<100).map { next[$0] })
        #expect(EpochOrder(seed: 5, epoch: 3, count: 1)[0] == 0)
    }
}
