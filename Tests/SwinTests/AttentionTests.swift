import DenseKitCore
import Foundation
import Testing

@testable import DenseKitSwin

@Suite struct AttentionTests {
    /// In a block, a position is seen by those of its own window and by no other; shifted windows
    /// end at the map's borders.
    @Test(arguments: [(0, 8, 8), (0, 9, 10), (2, 8, 8), (2, 9, 10), (2, 3, 4), (1, 5, 12)])
    func reach(_ shift: Int, _ height: Int, _ width: Int) throws {
        let window = 4
        let block = try Swin.Block(
            4, heads: 2, window: window, shift: shift, hidden: 8, dropPath: 0)
        try block.setTraining(false)
        /// The window along one side, of the unrolled map.
        func part(_ place: Int) -> Int { (place + window - shift) / window }
        let map = try Tensor.randomNormal(
            [1, height, width, 4], generator: RandomGenerator(seed: 2))
        let mask = shift > 0 ? try block.attn.mask(block.attn.grid(of: map)) : nil
        let plain = try block(map, mask: mask)
        for place in [0, 3, width + 1, height * width / 2, height * width - 1] {
            let changed = try map.cloned()
            let pixel = try changed.reshaped([height * width, 4]).selected(0, place)
            try pixel.addInPlace(Tensor.randomNormal([4], generator: RandomGenerator(seed: 3)))
            let seen = try (block(changed, mask: mask) - plain).abs().reshaped([height * width, 4])
                .amax(1).floats().map {
                    $0 > 0
                }
            let expected = (0..<(height * width)).map {
                part($0 / width) == part(place / width) && part($0 % width) == part(place % width)
            }
            #expect(seen == expected, "position \(place)")
        }
    }

    /// Scores get the table's entry for the distance in rows and columns, head by head.
    @Test func biasesOfDistances() throws {
        let attention = try Swin.WindowAttention(2, heads: 2, window: 2)
        try withoutGrad {
            // Values are the tokens, all scores are equal but for the bias, and the projection does
            // nothing.
            _ = try attention.qkv.weight.copyInPlace(
                tensor([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1], [6, 2]))
            _ = try attention.proj.weight.copyInPlace(tensor([1, 0, 0, 1], [2, 2]))
            for linear in [attention.qkv, attention.proj] { _ = try linear.bias?.fillInPlace(0) }
            let table = (0..<18).map { Float($0 % 2 == 0 ? $0 : -$0) / 10 }
            _ = try attention.relativePositionBiasTable.copyInPlace(tensor(table, [9, 2]))
            let tokens = try tensor([1, 5, 2, 6, 3, 7, 4, 8], [1, 4, 2])
            let found = try attention(tokens, maps: 1, mask: nil).floats()
            for token in 0..<4 {
                for head in 0..<2 {
                    let weights = (0..<4).map { other in
                        let dy = token / 2 - other / 2 + 1
                        let dx = token % 2 - other % 2 + 1
                        return exp(Double(table[(3 * dy + dx) * 2 + head]))
                    }
                    let sum = zip(weights, 1...).reduce(0) { $0 + $1.0 * Double($1.1 + 4 * head) }
                    #expect(
                        abs(Double(found[2 * token + head]) - sum / weights.reduce(0, +)) < 1e-5)
                }
            }
        }
    }

    /// The four positions of a square stand channel by channel: those of channel 0 first, row by
    /// row. Beyond the map there are zeros.
    @Test func mergingStacksChannelByChannel() throws {
        let merging = try Swin.PatchMerging(2)
        try withoutGrad {
            // The projection picks inputs 1 (channel 0: row 0, column 1), 2 (row 1, column 0), 5
            // and 6 (channel 1).
            let picks = [1, 2, 5, 6].flatMap { pick in (0..<8).map { Float($0 == pick ? 1 : 0) } }
            _ = try merging.reduction.weight.copyInPlace(tensor(picks, [4, 8]))
            let map = try tensor([1, 10, 2, 20, 3, 30, 4, 40], [1, 2, 2, 2])  // [y, x, channel]
            let inputs = try tensor([1, 2, 3, 4, 10, 20, 30, 40], [1, 8])
            let normed = try merging.norm(inputs).floats()
            let found = try merging(map)
            #expect(found.shape == [1, 1, 1, 4])
            #expect(
                try zip(found.floats(), [1, 2, 5, 6].map { normed[$0] }).allSatisfy {
                    abs($0 - $1) < 1e-6
                })
            let odd = try merging(map.narrowed(1, 0, 1))  // one row of two positions
            let padded = try merging.norm(tensor([1, 2, 0, 0, 10, 20, 0, 0], [1, 8])).floats()
            #expect(
                try zip(odd.floats(), [1, 2, 5, 6].map { padded[$0] }).allSatisfy {
                    abs($0 - $1) < 1e-6
                })
        }
    }
}
