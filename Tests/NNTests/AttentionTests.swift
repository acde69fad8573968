import DenseKitNN
import Foundation
import Testing

@Suite struct AttentionTests {
    private func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
        zip(a, b).reduce(0) { sum, pair in sum + pair.0 * pair.1 }
    }

    /// `w · x + b` with the rows `rows` of the weight.
    private func project(_ x: [Double], _ weight: [Double], _ bias: [Double], rows: Range<Int>)
        -> [Double]
    {
        rows.map { row in bias[row] + dot(weight[row * x.count..<(row + 1) * x.count], x[...]) }
    }

    /// Position by position and head by head, in plain numbers.
    private func naive(_ attention: MultiheadAttention, _ x: [[Double]], causal: Bool) throws
        -> [[Double]]
    {
        let d = x[0].count
        let width = x[0].count / attention.heads
        let weight = try doubles(attention.inProjWeight)
        let bias = try doubles(attention.inProjBias)
        let outWeight = try doubles(attention.outProj.weight)
        let outBias = try doubles(#require(attention.outProj.bias))
        let queries = x.map { project($0, weight, bias, rows: 0..<d) }
        let keys = x.map { project($0, weight, bias, rows: d..<2 * d) }
        let values = x.map { project($0, weight, bias, rows: 2 * d..<3 * d) }
        return x.indices.map { t in
            var joined = [Double](repeating: 0, count: d)
            for head in 0..<attention.heads {
                let range = head * width..<(head + 1) * width
                let seen = causal ? 0...t : 0...x.count - 1
                let shares = seen.map {
                    exp(dot(queries[t][range], keys[$0][range]) / Double(width).squareRoot())
                }
                let total = shares.reduce(0, +)
                for (share, s) in zip(shares, seen) {
                    for i in range { joined[i] += share / total * values[s][i] }
                }
            }
            return project(joined, outWeight, outBias, rows: 0..<d)
        }
    }

    @Test(arguments: [(1, 1, 4, false), (2, 5, 6, false), (2, 5, 6, true), (3, 4, 6, true)])
    func equalsTheDefinition(_ heads: Int, _ length: Int, _ width: Int, _ causal: Bool) throws {
        let attention = try MultiheadAttention(width, heads: heads)
        try withoutGrad { _ = try attention.inProjBias.copyInPlace(normal(3 * width, seed: 1)) }
        let x = try normal(2, length, width)
        let y = try attention(x, causal: causal)
        #expect(y.shape == [2, length, width])
        for n in 0..<2 {
            let rows = try (0..<length).map { try doubles(x.selected(0, n).selected(0, $0)) }
            let expected = try naive(attention, rows, causal: causal).flatMap { $0 }
            try expect(y.selected(0, n), [length, width], expected, within: 1e-5)
        }
    }

    @Test func aCausalPositionDoesNotSeeLaterOnes() throws {
        let attention = try MultiheadAttention(4, heads: 2)
        let x = try normal(1, 3, 4)
        let changed = try x.cloned()
        try changed.selected(1, 2).fillInPlace(7)
        let before = try attention(x, causal: true)
        let after = try attention(changed, causal: true)
        #expect(try distance(before.narrowed(1, 0, 2), after.narrowed(1, 0, 2)) == 0)
        #expect(try distance(before.selected(1, 2), after.selected(1, 2)) > 0.01)
    }

    @Test func keysAndStart() throws {
        let attention = try MultiheadAttention(4, heads: 2)
        #expect(
            try attention.namedTensors().map { "\($0.name) \($0.tensor.shape)" } == [
                "in_proj_weight [12, 4]", "in_proj_bias [12]", "out_proj.weight [4, 4]",
                "out_proj.bias [4]",
            ])
        #expect(
            try attention.inProjBias.abs().amax().item() == 0
                && attention.outProj.bias?.abs().amax().item() == 0)
    }
}

@Suite struct CrossAttentionTests {
    @Test("Heads apart and joined are the tensor as it was, each head a range of channels")
    func heads() throws {
        let x = try normal(2, 3, 6)
        let parts = try x.splitHeads(3)
        #expect(parts.shape == [2, 3, 3, 2])
        #expect(try distance(parts.selected(1, 1), x.narrowed(2, 2, 2)) == 0)
        #expect(try distance(parts.joinedHeads(), x) == 0)
    }

    /// Softmax attention head by head, on projections of another width than query and memory have.
    @Test func equalsTheDefinition() throws {
        let attention = try CrossAttention(6, memory: 5, width: 4, output: 3, heads: 2)
        let query = try normal(2, 3, 6)
        let memory = try normal(2, 7, 5)
        let q = try attention.qProj(query)
        let k = try attention.kProj(memory)
        let v = try attention.vProj(memory)
        let heads = try (0..<2).map { head in
            let q = try q.narrowed(2, 2 * head, 2)
            let k = try k.narrowed(2, 2 * head, 2)
            let v = try v.narrowed(2, 2 * head, 2)
            return try (q.matmul(k.transposed(1, 2)) / 2.0.squareRoot()).softmax(2).matmul(v)
        }
        let expected = try attention.proj(Tensor.cat(heads, dim: 2))
        let found = try attention(query, memory)
        #expect(found.shape == [2, 3, 3])
        #expect(try distance(found, expected) < 1e-5)
    }

    @Test("A query or a memory of all images is that of each")
    func shared() throws {
        let attention = try CrossAttention(4, heads: 2)
        let one = try normal(1, 3, 4)
        let several = try normal(2, 5, 4)
        let repeated = try Tensor.cat([one, one], dim: 0)
        #expect(try distance(attention(one, several), attention(repeated, several)) < 1e-6)
        #expect(try distance(attention(several, one), attention(several, repeated)) < 1e-6)
    }

    @Test func keys() throws {
        let names = try CrossAttention(4, heads: 2).namedTensors().map(\.name)
        #expect(
            names == [
                "q_proj.weight", "k_proj.weight", "v_proj.weight", "proj.weight", "proj.bias",
            ])
        let other = try CrossAttention(4, output: 2, heads: 1, bias: true, outputKey: "c_proj")
            .namedTensors().map(\.name)
        #expect(other.suffix(3) == ["v_proj.bias", "c_proj.weight", "c_proj.bias"])
    }
}
