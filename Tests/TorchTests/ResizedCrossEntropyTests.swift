import Testing

@testable import DenseKitTorch

/// `resizedCrossEntropy` against enlarging the logits first and taking libtorch's cross-entropy.
@Suite struct ResizedCrossEntropyTests {
    /// Batch, classes, sizes of logits and of labels.
    struct Problem: CustomTestStringConvertible {
        let n: Int, k: Int, from: Size2D, to: Size2D
        var testDescription: String { "\(n) × \(k) classes, \(from) to \(to)" }
    }

    static let problems = [
        Problem(n: 1, k: 2, from: 1, to: 1),
        Problem(n: 2, k: 5, from: Size2D(3, 4), to: Size2D(12, 16)),
        Problem(n: 2, k: 17, from: Size2D(5, 3), to: Size2D(13, 11)),
        Problem(n: 1, k: 40, from: Size2D(4, 6), to: Size2D(4, 6)),
        Problem(n: 1, k: 33, from: Size2D(9, 8), to: Size2D(4, 3)),
        Problem(n: 3, k: 16, from: Size2D(1, 5), to: Size2D(7, 9)),
    ]

    private func logits(_ problem: Problem, seed: UInt64 = 1) throws -> Tensor {
        let shape = [problem.n, problem.k, problem.from.height, problem.from.width]
        let made = try Tensor.randomNormal(shape, generator: RandomGenerator(seed: seed)) * 6
        try made.setRequiresGrad(true)
        return made
    }

    private func labels(_ problem: Problem) throws -> Tensor {
        let count = problem.n * problem.to.height * problem.to.width
        let values = (0..<count).map { $0 % 5 == 4 ? Int64(65535) : Int64($0 * 7 % problem.k) }
        return try Tensor.from(values, shape: [problem.n, problem.to.height, problem.to.width])
    }

    @Test("Loss and gradient are those of enlarged logits", arguments: problems, [false, true])
    func agrees(_ problem: Problem, weighted: Bool) throws {
        let weight = weighted ? try Tensor.from((0..<problem.k).map { 0.5 + Float($0 % 3) }) : nil
        let labels = try labels(problem)
        let ours = try logits(problem)
        let theirs = try logits(problem)
        let loss = try ours.resizedCrossEntropy(labels, weight: weight, ignoreIndex: 65535)
        let upsampled = try theirs.interpolated(to: problem.to, .bilinear())
        let expected = try upsampled.crossEntropy(
            labels, weight: weight, reduction: .sum, ignoreIndex: 65535)
        #expect(abs(try loss.item() - expected.item()) <= 1e-5 * max(1, abs(try expected.item())))
        try (loss * 0.5).backward()
        try (expected * 0.5).backward()
        let a = try #require(ours.grad).floats()
        let b = try #require(theirs.grad).floats()
        #expect(a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 2e-5 })
    }

    @Test("Nothing but ignored pixels: no loss and no gradient")
    func nothingLabelled() throws {
        let problem = Problem(n: 1, k: 3, from: 2, to: 4)
        let x = try logits(problem)
        let loss = try x.resizedCrossEntropy(
            Tensor.full([1, 4, 4], 9, dtype: .int64), ignoreIndex: 9)
        try loss.backward()
        #expect(try loss.item() == 0 && x.grad?.abs().sum().item() == 0)
    }

    @Test("The number of threads does not change a bit")
    func threads() throws {
        let problem = Problem(n: 2, k: 19, from: Size2D(16, 16), to: Size2D(61, 64))
        let before = Engine.threadCount
        defer { try? Engine.setThreadCount(before) }
        let results = try [1, 2, 3].map { count in
            try Engine.setThreadCount(count)
            let x = try logits(problem)
            let loss = try x.resizedCrossEntropy(labels(problem), ignoreIndex: 65535)
            try loss.backward()
            return try (loss.item(), #require(x.grad).floats())
        }
        #expect(results.dropFirst().allSatisfy { $0.0 == results[0].0 && $0.1 == results[0].1 })
    }

    @Test("What is not a label, and shapes that do not fit, are refused")
    func refused() throws {
        let x = try logits(Problem(n: 1, k: 3, from: 2, to: 2))
        for label in [Int64(3), -1] {
            let error = try #require(throws: TorchError.self) {
                try x.resizedCrossEntropy(
                    Tensor.from([0, 1, 2, label], shape: [1, 2, 2]), ignoreIndex: 255)
            }
            #expect(
                error.message.contains(
                    "label \(label) at image 0, row 1, column 1 is none of the 3 classes"))
        }
        for labels in try [
            Tensor.zeros([2, 2, 2], dtype: .int64), Tensor.zeros([1, 2, 2]),
            Tensor.zeros([2, 2], dtype: .int64),
        ] {
            #expect(throws: TorchError.self) { try x.resizedCrossEntropy(labels, ignoreIndex: 255) }
        }
    }
}
