import DenseKitTorch
import Testing

/// A scalar function of one tensor.
struct Function: Sendable, CustomTestStringConvertible {
    let name: String
    let shape: [Int]
    let run: @Sendable (Tensor) throws -> Tensor

    init(_ name: String, _ shape: [Int], _ run: @escaping @Sendable (Tensor) throws -> Tensor) {
        self.name = name
        self.shape = shape
        self.run = run
    }

    var testDescription: String { name }
}

/// Different weights for every element, so that no derivative cancels another.
private func weighted(_ x: Tensor) throws -> Tensor {
    try (x.flattened() * Tensor.arange(1, to: Double(x.count) + 1, dtype: .float64)).sum()
}

private func double(_ shape: Int...) throws -> Tensor { try normal(shape, seed: 9).to(.float64) }

@Suite struct AutogradTests {
    @Test(arguments: [
        Function("product and quotient", [3]) { try weighted(($0 * $0 + 1) / ($0 * $0 + 2)) },
        Function("powers and roots", [3]) {
            try weighted(($0.pow(2) + 1).sqrt() + ($0.pow(2) + 1).rsqrt() + ($0 * 0.1).exp())
        },
        Function("matmul", [2, 3]) { try weighted($0.matmul(double(3, 2))) },
        Function("softmax", [2, 3]) { try weighted($0.softmax(1)) },
        Function("log softmax", [2, 3]) { try weighted($0.logSoftmax(0)) },
        Function("normalized", [2, 3]) { try weighted($0.normalized(1)) },
        Function("activations", [4]) {
            try weighted($0.sigmoid() + $0.tanh() + $0.gelu() + $0.relu())
        },
        Function("reductions", [2, 3]) {
            try weighted($0.mean(1) * $0.sum(1) + $0.amax(1) - $0.norm(1))
        },
        Function("shapes", [2, 3]) {
            try weighted(
                .cat(
                    [
                        $0.transposed(0, 1).reshaped([2, 3]).flipped(1),
                        $0.padded([0, 0, 1, 0]).narrowed(0, 0, 2),
                    ], dim: 0))
        },
        Function("indices", [3, 2]) {
            try weighted($0.indexed(0, Tensor.from([Int64(2), 0, 2])) + $0.selected(0, 1))
        },
        Function("convolution", [1, 2, 4, 4]) {
            try weighted($0.conv2d(double(3, 2, 3, 3), nil, stride: 2, padding: 1))
        },
        Function("convolution's weight", [2, 1, 3, 3]) {
            try weighted(double(1, 2, 4, 4).conv2d($0, nil, padding: 1, groups: 2))
        },
        Function("transposed convolution", [1, 2, 2, 2]) {
            try weighted($0.convTranspose2d(double(2, 1, 2, 2), nil, stride: 2))
        },
        Function("pools", [1, 1, 4, 4]) {
            try weighted($0.maxPool2d(2) + $0.avgPool2d(2) + $0.adaptiveAvgPool2d(2))
        },
        Function("resizes", [1, 1, 2, 3]) {
            try weighted(
                $0.interpolated(to: 4, .bilinear()) + $0.interpolated(to: 4, .nearest)
                    + $0.interpolated(to: 4, .bicubic()))
        },
        Function("layer norm", [2, 4]) {
            try weighted($0.layerNorm(double(4), double(4), eps: 1e-5))
        },
        Function("group norm", [1, 4, 1, 2]) {
            try weighted($0.groupNorm(2, weight: double(4), bias: nil, eps: 1e-5))
        },
        Function("batch norm", [2, 2, 1, 2]) {
            try weighted(
                $0.batchNorm(
                    weight: double(2), bias: nil, runningMean: nil, runningVar: nil, training: true,
                    momentum: 0, eps: 1e-5))
        },
        Function("attention", [1, 2, 3, 4]) {
            try weighted(.attention($0, $0 * 0.5, $0 + 1, causal: true))
        },
        Function("cross-entropy", [3, 2]) {
            try $0.crossEntropy(Tensor.from([Int64(1), 7, 0]), reduction: .sum, ignoreIndex: 7)
        },
        Function("binary cross-entropy", [3]) {
            try $0.binaryCrossEntropyWithLogits(Tensor.from([Float(1), 0.5, 0]).to(.float64))
        },
        Function("where", [3]) {
            try weighted(.where($0.isGreater(than: 0), $0 * 3, $0 * $0) + $0.clamped(-10, 10))
        },
    ])
    func gradientsAreDifferenceQuotients(_ function: Function) throws {
        let x = try normal(function.shape, seed: 3).to(.float64)
        try x.setRequiresGrad(true)
        try function.run(x).backward()
        let gradient = try #require(x.grad).contiguous()
        let step = 1e-5
        for index in 0..<x.count {
            func moved(_ by: Double) throws -> Double {
                let y = try x.detached().cloned()
                try y.flattened().narrowed(0, index, 1).addInPlace(by)
                return try function.run(y).item()
            }
            let expected = try (moved(step) - moved(-step)) / (2 * step)
            let found = try gradient.flattened().selected(0, index).item()
            #expect(
                abs(found - expected) < 1e-6 * max(1, abs(expected)),
                "element \(index): \(found), by differences \(expected)")
        }
    }

    @Test func gradientsAddUpUntilCleared() throws {
        let x = try Tensor.from([Float(2)])
        try x.setRequiresGrad(true)
        #expect(x.grad == nil && x.requiresGrad)
        try (x * x).backward()
        try (x * 3).backward()
        #expect(try x.grad?.floats() == [7])
        try x.clearGrad()
        #expect(x.grad == nil)
        try (x * 2).backward(Tensor.full([1], 5))
        #expect(try x.grad?.floats() == [10])
    }

    @Test func detachedTensorsStandOutside() throws {
        let x = try Tensor.from([Float(2)])
        try x.setRequiresGrad(true)
        let outside = try x.detached()
        #expect(!outside.requiresGrad)
        try (x * outside).backward()
        #expect(try x.grad?.floats() == [2])
        try outside.fillInPlace(9)
        #expect(try x.floats() == [9])  // the same memory
    }

    private struct Stop: Error {}

    @Test func withoutGradNestsAndEndsWithAThrow() throws {
        let x = try Tensor.from([Float(2)])
        try x.setRequiresGrad(true)
        func recorded() throws -> Bool { try (x * 2).requiresGrad }
        #expect(try recorded())
        try withoutGrad { () throws in
            #expect(try !recorded())
            try withoutGrad { () throws in #expect(try !recorded()) }
            #expect(try !recorded())
            #expect(throws: Stop.self) { try withoutGrad { throw Stop() } }
            #expect(try !recorded())
        }
        #expect(throws: Stop.self) { try withoutGrad { throw Stop() } }
        #expect(try recorded())
        #expect(withoutGrad { 3 } == 3)
    }

    @Test func leavesChangeInPlaceOnlyWithoutGrad() throws {
        let x = try Tensor.from([Float(2)])
        try x.setRequiresGrad(true)
        #expect(throws: TorchError.self) { try x.addInPlace(1) }
        try withoutGrad { _ = try x.addInPlace(1) }
        try x.uniformInPlace(5, 5.5)  // filling with draws is never recorded
        #expect(try x.item() >= 5 && x.requiresGrad)
    }

    @Test func aVariableTakesOtherMemory() throws {
        let x = try Tensor.from([Float(2)])
        try x.setRequiresGrad(true)
        try x.setData(Tensor.from([Float(7)]))
        #expect(try x.item() == 7 && x.requiresGrad)
        try (x * x).backward()
        #expect(try x.grad?.item() == 14)
    }
}
