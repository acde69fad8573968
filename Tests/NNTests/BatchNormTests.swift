import DenseKitNN
import Testing

@Suite struct BatchNormTests {
    /// Two channels: 1, 3, 5, 7 and four times 2.
    private func batch() throws -> Tensor {
        try Tensor.from([1, 3, 2, 2, 5, 7, 2, 2].map(Float.init), shape: [2, 2, 1, 2])
    }

    @Test func trainingUsesTheBatch() throws {
        let norm = try BatchNorm2d(2, eps: 0.25)
        try set(norm.weight, [2, 1])
        try set(norm.bias, [0, 3])
        let y = try norm(batch())
        let scale = 2 / 5.25.squareRoot()  // variance 5
        try expect(y, [2, 2, 1, 2], [-3 * scale, -scale, 3, 3, scale, 3 * scale, 3, 3])
    }

    /// The running variance takes the unbiased one: 20/3.
    @Test func runningStatisticsFollow() throws {
        let norm = try BatchNorm2d(2, momentum: 0.5)
        _ = try norm(batch())
        try expect(norm.runningMean, [2], [2, 1])
        try expect(norm.runningVar, [2], [0.5 + 10.0 / 3, 0.5])
        _ = try norm(batch())
        try expect(norm.runningMean, [2], [3, 1.5])
        #expect(
            try norm.numBatchesTracked.integers() == [2] && norm.numBatchesTracked.dtype == .int64)
    }

    @Test func inferenceUsesTheRunningStatistics() throws {
        let norm = try BatchNorm2d(2, eps: 0)
        try norm.setTraining(false)
        try set(norm.runningMean, [1, 0])
        try set(norm.runningVar, [4, 1])
        try expect(norm(batch()), [2, 2, 1, 2], [0, 1, 2, 2, 2, 3, 2, 2])
        try expect(norm.runningMean, [2], [1, 0])
        #expect(try norm.numBatchesTracked.item() == 0)
    }

    /// Frozen statistics: training answers as inference does, and weights still learn.
    @Test func frozenStatistics() throws {
        let norm = try BatchNorm2d(2, eps: 0)
        try set(norm.runningMean, [1, 0])
        try set(norm.runningVar, [4, 1])
        try norm.freezeStatistics()
        let y = try norm(batch())
        try expect(y, [2, 2, 1, 2], [0, 1, 2, 2, 2, 3, 2, 2])
        try y.sum().backward()
        try expect(norm.weight.grad, [2], [6, 8])
        try expect(norm.runningMean, [2], [1, 0])
        #expect(try norm.numBatchesTracked.item() == 0)
    }

    @Test(arguments: [
        (-1, [true, true, true]), (0, [false, true, true]), (1, [false, false, true]),
        (2, [false, false, false]),
    ])
    func frozenStages(_ last: Int, _ learn: [Bool]) throws {
        let layers = try (0..<3).map { _ in
            try Sequential([Conv2d(1, 2, kernel: 1), BatchNorm2d(2)])
        }
        let whole = Sequential(layers)
        try whole.freezeStages(layers.map { [$0] }, upTo: last, normEval: false)
        for (layer, learns) in zip(layers, learn) {
            #expect(try layer.namedParameters().allSatisfy { $0.tensor.requiresGrad == learns })
            #expect((layer.layers[1] as? BatchNorm2d)?.hasFrozenStatistics == !learns)
        }
        try whole.freezeStages(layers.map { [$0] }, upTo: last, normEval: true)
        for (layer, learns) in zip(layers, learn) {
            #expect(try layer.namedParameters().allSatisfy { $0.tensor.requiresGrad == learns })
            #expect((layer.layers[1] as? BatchNorm2d)?.hasFrozenStatistics == true)
        }
    }

    @Test func buffersDoNotLearn() throws {
        let norm = try BatchNorm2d(2)
        try norm(batch()).pow(2).sum().backward()
        #expect(norm.weight.grad != nil && norm.bias.grad != nil)
        #expect(!norm.runningMean.requiresGrad && norm.runningMean.grad == nil)
    }

    /// One value a channel has no variance; the running one would become "not a number".
    @Test func aSingleValueCannotBeNormalisedInTraining() throws {
        let norm = try BatchNorm2d(2)
        norm.weight.name = "layer4.0.bn1.weight"
        let error = try #require(throws: TorchError.self) { try norm(Tensor.ones([1, 2, 1, 1])) }
        #expect(
            error.description
                == "batch_norm at layer4.0.bn1.weight: training needs more than one value a channel: use larger images, or more of them at a "
                + "time (operands: [1, 2, 1, 1], layer4.0.bn1.weight [2], [2])")
        try expect(norm.runningVar, [2], [1, 1])
        #expect(try norm.numBatchesTracked.item() == 0)
        try norm.setTraining(false)
        #expect(try norm(Tensor.ones([1, 2, 1, 1])).isFinite())
    }
}

@Suite struct DropoutTests {
    @Test func onlyInTraining() throws {
        let dropout = Dropout(0.5)
        let x = try Tensor.ones([1000])
        let values = try dropout(x).floats()
        #expect(Set(values) == [0, 2] && abs(values.count { $0 == 0 } - 500) < 100)
        try dropout.setTraining(false)
        #expect(try dropout(x) === x)
        try dropout.setTraining(true)
        dropout.probability = 0
        #expect(try dropout(x) === x)
    }

    @Test func wholeChannels() throws {
        let maps = try Dropout(0.5, channels: true)(Tensor.ones([4, 100, 2, 2])).reshaped([400, 4])
        #expect(try distance(maps.amin(1), maps.amax(1)) == 0)
        #expect(try Set(maps.floats()) == [0, 2])
    }
}

@Suite struct DropPathTests {
    /// Whole samples, in a batch of every rank.
    @Test(arguments: [[400], [400, 3], [400, 2, 3], [400, 2, 2, 3]]) func wholeSamples(
        _ shape: [Int]
    ) throws {
        let rows = try DropPath(0.25)(Tensor.ones(shape)).reshaped([400, -1])
        #expect(try distance(rows.amin(1), rows.amax(1)) == 0)
        let values = try rows.amax(1).floats()
        #expect(Set(values) == [0, 4 / 3] && abs(values.count { $0 == 0 } - 100) < 50)
    }

    @Test func onlyInTraining() throws {
        let path = DropPath(0.5)
        let x = try Tensor.ones([64, 2])
        #expect(try Set(path(x).floats()) == [0, 2])
        try path.setTraining(false)
        #expect(try path(x) === x)
        try path.setTraining(true)
        path.probability = 0
        #expect(try path(x) === x)
        path.probability = 1
        #expect(try Set(path(x).floats()) == [0])
    }

    /// A run that goes on draws what it would have drawn. Tests beside this one may draw in
    /// between: one undisturbed try of many counts.
    @Test func drawsComeFromTheEngine() throws {
        let path = DropPath(0.5)
        let x = try Tensor.ones([64])
        let again = try (0..<50).contains { _ in
            let state = try RandomGenerator.standard.state()
            let first = try path(x).floats()
            try RandomGenerator.standard.setState(state)
            return try path(x).floats() == first
        }
        #expect(try again && path(x).floats() != path(x).floats())
    }

    /// A dropped sample learns nothing, the others more.
    @Test func gradients() throws {
        let x = try Tensor.ones([64, 3])
        try x.setRequiresGrad(true)
        let y = try DropPath(0.5)(x)
        try y.sum().backward()
        #expect(try distance(#require(x.grad), y.detached()) == 0)
    }

    @Test func rates() {
        #expect(DropPath.rates(upTo: 0.5, blocks: 5) == [0, 0.125, 0.25, 0.375, 0.5])
        #expect(
            DropPath.rates(upTo: 0.5, blocks: 1) == [0]
                && DropPath.rates(upTo: 0.5, blocks: 0) == [])
        #expect(DropPath.rates(upTo: 0.2, blocks: 2) == [0, 0.2])
    }
}
