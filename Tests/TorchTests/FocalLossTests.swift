import DenseKitTorch
import Testing

/// `focalLoss` against sigmoid, logarithm and power one after the other, in double precision.
@Suite struct FocalLossTests {
    /// The sum over rows of `[n, k]`, and its gradient with respect to the logits.
    private func reference(
        _ x: [Float], _ classes: [Int64], _ weights: [Float], _ gamma: Double, _ alpha: Double
    ) throws
        -> (sum: Double, gradient: [Float])
    {
        let rows = classes.count
        let count = x.count / classes.count
        let logits = try Tensor.from(x, shape: [rows, count]).to(.float64)
        try logits.setRequiresGrad(true)
        let target = try Tensor.from(
            (0..<rows).flatMap { row in (0..<count).map { Int64(classes[row] == Int64($0) ? 1 : 0) }
            }, shape: [rows, count]
        ).to(.float64)
        let p = try logits.sigmoid()
        let missed = try p + target - p * target * 2
        let balance = try target * (2 * alpha - 1) + (1 - alpha)
        let caught = try (-missed) + 1
        let each = try -(caught.log() * missed.pow(gamma) * balance)
        let weight = try Tensor.from(weights, shape: [rows, 1]).to(.float64)
        let sum = try (each * weight).sum()
        try sum.backward()
        return try (sum.item(), #require(logits.grad).floats())
    }

    /// 600 rows are more than one block; 19 classes more than one vector, and not a whole number of
    /// them.
    @Test(arguments: [(2, 0.25), (1.5, 0.5), (0, 0.25), (0.5, 1), (5, 0)] as [(Double, Double)])
    func sumAndGradient(_ gamma: Double, _ alpha: Double) throws {
        let rows = 600
        let count = 19
        let x = (0..<rows * count).map { Float(($0 * 7919) % 2003 - 1000) / 100 }
        let classes = (0..<rows).map { Int64($0 % 23 - 2) }  // some are none
        let weights = (0..<rows).map { Float($0 % 4) / 2 }
        let logits = try Tensor.from(x, shape: [rows, count])
        try logits.setRequiresGrad(true)
        let sum = try logits.focalLoss(
            Tensor.from(classes), weight: Tensor.from(weights), gamma: gamma, alpha: alpha)
        try (sum * 3).backward()
        let expected = try reference(x, classes, weights, gamma, alpha)
        #expect(try abs(sum.item() - expected.sum) < 5e-6 * abs(expected.sum))
        let gradient = try #require(logits.grad).floats()
        let isClose = zip(gradient, expected.gradient).allSatisfy { ours, theirs in
            let scaled = 3 * theirs
            return abs(ours - scaled) < 1e-5 * max(1, abs(scaled))
        }
        #expect(isClose && gradient.count == x.count)
        #expect(
            try withoutGrad {
                try logits.focalLoss(Tensor.from(classes), gamma: gamma, alpha: alpha).isFinite()
            })
    }

    @Test func extremes() throws {
        let logits = try Tensor.from([Float(300), -300, -300, 300, 0, -0.0], shape: [3, 2])
        try logits.setRequiresGrad(true)
        let sum = try logits.focalLoss(Tensor.from([Int64(0), 0, -1]), gamma: 2, alpha: 0.25)
        try sum.backward()
        // Row 0 is right, row 1 wrong by 300 twice, row 2 undecided.
        let expected = 300.2599302
        #expect(try abs(sum.item() - expected) < 1e-3)
        #expect(try #require(logits.grad).isFinite())
        let nothing = try Tensor.zeros([0, 5])
        #expect(
            try nothing.focalLoss(Tensor.zeros([0], dtype: .int64), gamma: 2, alpha: 0.25).item()
                == 0)
    }

    @Test func theNumberOfThreadsDoesNotMatter() throws {
        let logits = try Tensor.from(
            (0..<40000).map { Float($0 % 97) / 10 - 5 }, shape: [4000, 10])
        let classes = try Tensor.from((0..<4000).map { Int64($0 % 11) })
        let before = Engine.threadCount
        defer { try? Engine.setThreadCount(before) }
        let sums = try [1, 2, 3].map { threads in
            try Engine.setThreadCount(threads)
            return try logits.focalLoss(classes, gamma: 2, alpha: 0.25).item()
        }
        #expect(Set(sums).count == 1)
    }

    @Test func operandsThatDoNotFit() throws {
        let x = try Tensor.zeros([3, 2])
        for (classes, weight) in try [
            (Tensor.zeros([2], dtype: .int64), nil), (Tensor.zeros([3]), nil),
            (Tensor.zeros([3], dtype: .int64), Tensor.ones([2])),
            (Tensor.zeros([3], dtype: .int64), Tensor.ones([3, 2])),
        ] as [(Tensor, Tensor?)] {
            #expect(throws: TorchError.self) {
                try x.focalLoss(classes, weight: weight, gamma: 2, alpha: 0.25)
            }
        }
    }
}
