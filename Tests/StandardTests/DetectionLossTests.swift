import DenseKitCore
import Testing

@testable import DenseKitStandard

@Suite struct DetectionLossTests {
    private func loss(_ yaml: String) throws -> any Loss {
        let registry = try Registry([StandardPlugin()])
        let node = try #require(try Written.decode(yaml: "loss: \(yaml)").loss)
        return try registry.losses.make(node, BuildContext(registry: registry))
    }

    private func value(_ yaml: String, _ x: Tensor, _ target: Tensor, _ options: LossOptions) throws
        -> Tensor
    {
        let made = try loss(yaml)
        return try made(x, target, options)
    }

    private struct Written: YAMLConfiguration {
        var loss: ComponentNode?
    }

    private func row(_ values: [Float]) throws -> Tensor {
        try Tensor.from(values, shape: [1, values.count])
    }

    @Test(
        arguments: [
            ("L1", 1.75), ("{type: L1, weight: 2}", 3.5), ("SmoothL1", 1.3125),
            ("{type: SmoothL1, beta: 2}", 1.03125),
            ("{type: SmoothL1, beta: 0.25, weight: 0.5}", 0.8125),
        ] as [(String, Double)])
    func distances(_ yaml: String, _ expected: Double) throws {
        let result = try value(yaml, row([1.5, -2]), row([1, 1]), LossOptions())
        #expect(try abs(result.item() - expected) < 1e-6 && result.shape == [])
    }

    /// A sum over what the head counts, with weights of elements or of rows.
    @Test func averages() throws {
        let x = try Tensor.from([Float(1), 2, 3, 4], shape: [2, 2])
        let zero = try Tensor.zeros([2, 2])
        let each = try Tensor.from([Float(1), 0, 0, 2], shape: [2, 2])
        func mean(_ options: LossOptions) throws -> Double {
            try value("L1", x, zero, options).item()
        }
        #expect(try mean(LossOptions()) == 2.5)
        #expect(try mean(LossOptions(averageFactor: 5)) == 2)
        #expect(try mean(LossOptions(elementWeights: each)) == 2.25)
        #expect(try mean(LossOptions(elementWeights: each, averageFactor: 3)) == 3)
        #expect(
            try mean(LossOptions(elementWeights: Tensor.from([Float(1), 3]), averageFactor: 2))
                == 12)
    }

    /// No rows, or nothing that counts: 0, and a gradient of 0.
    @Test(arguments: ["L1", "SmoothL1", "GIoU", "BinaryCrossEntropy", "Focal"]) func nothingToLearn(
        _ name: String
    ) throws {
        let none = try Tensor.zeros([0, 4])
        #expect(try value(name, none, none, LossOptions()).item() == 0)
        let x = try Tensor.from([Float(1), 2, 3, 4], shape: [1, 4])
        try x.setRequiresGrad(true)
        let options = LossOptions(elementWeights: try Tensor.zeros([1]), averageFactor: 0)
        let result = try value(name, x, row([0, 1, 1, 0]), options)
        try result.backward()
        #expect(try result.item() == 0 && x.grad?.abs().sum().item() == 0)
    }

    @Test func generalisedIoU() throws {
        let a = try Tensor.from([Float(0), 0, 10, 10, 0, 0, 10, 10], shape: [2, 4])
        let b = try Tensor.from([Float(0), 0, 10, 5, 20, 0, 30, 10], shape: [2, 4])
        let options = LossOptions(
            elementWeights: try Tensor.from([Float(1), 1, 1, 1, 0, 0, 0, 2], shape: [2, 4]),
            averageFactor: 1)
        #expect(try abs(value("GIoU", a, b, LossOptions()).item() - 0.9166667) < 1e-6)
        #expect(try abs(value("GIoU", a, b, options).item() - 1.1666667) < 1e-6)
    }

    /// At logit 0 each element has `log 2`, times a quarter of its share.
    @Test func focal() throws {
        let x = try Tensor.zeros([3, 2])
        let classes = try Tensor.from([Int64(0), 1, 2])  // the last one is background
        let expected = 0.6065038  // (2 · 0.25 + 4 · 0.75) · 0.25 · log 2
        #expect(
            try abs(value("Focal", x, classes, LossOptions(averageFactor: 1)).item() - expected)
                < 1e-6)
        let targets = try Tensor.from([Float(1), 0, 0, 1, 0, 0], shape: [3, 2])
        #expect(
            try abs(value("Focal", x, targets, LossOptions(averageFactor: 1)).item() - expected)
                < 1e-6)
        let plain = try value("{type: Focal, gamma: 0, alpha: 0.5}", x, classes, LossOptions())
        #expect(try abs(plain.item() - 0.3465736) < 1e-6)
        let weights = LossOptions(
            elementWeights: try Tensor.from([Float(0), 0, 4]), averageFactor: 2)
        #expect(try abs(value("Focal", x, classes, weights).item() - 0.5198604) < 1e-6)
    }

    @Test func extremeLogitsAreFinite() throws {
        let x = try Tensor.from([Float(200), -200, 200, -200], shape: [2, 2])
        try x.setRequiresGrad(true)
        for name in ["Focal", "BinaryCrossEntropy"] {
            try x.clearGrad()
            let result = try value(name, x, Tensor.from([Int64(0), 0]), LossOptions())
            try result.backward()
            #expect(try result.isFinite() && #require(x.grad).isFinite(), "\(name)")
        }
    }

    /// mmdetection's foreground is class 0; the background and what is ignored answer no to every
    /// class, the latter without counting.
    @Test func yesAndNo() throws {
        let x = try Tensor.from([Float(0), 0, 0], shape: [3, 1])
        let classes = try Tensor.from([Int64(0), 1, 9])
        let result = try value(
            "BinaryCrossEntropy", x, classes, LossOptions(ignoreIndex: 9, averageFactor: 1))
        #expect(try abs(result.item() - 1.3862944) < 1e-6)
        let same = try value("BinaryCrossEntropy", row([0, 100]), row([0.5, 1]), LossOptions())
        #expect(try abs(same.item() - 0.3465736) < 1e-6)
    }

    @Test func vectorsOfLogits() throws {
        let x = try Tensor.zeros([3, 4])
        let classes = try Tensor.from([Int64(0), 3, 1])
        let options = LossOptions(
            elementWeights: try Tensor.from([Float(1), 0, 2]), averageFactor: 2)
        #expect(try abs(value("CrossEntropy", x, classes, options).item() - 2.0794415) < 1e-6)
        #expect(try abs(value("CrossEntropy", x, classes, LossOptions()).item() - 1.3862944) < 1e-6)
        let nothing = try value(
            "CrossEntropy", Tensor.zeros([0, 4]), Tensor.zeros([0], dtype: .int64), LossOptions())
        #expect(try nothing.item() == 0)
    }

    @Test(arguments: [
        ("{type: Focal, gamma: -1}", "gamma must be 0.0…100.0, found -1.0"),
        ("{type: Focal, alpha: 1.5}", "alpha must be 0.0…1.0, found 1.5"),
        ("{type: SmoothL1, beta: 0}", "beta must be above 0, found 0.0; use L1 for 0"),
        ("{type: SmoothL1, beta: -1}", "beta must be above 0, found -1.0; use L1 for 0"),
    ])
    func settings(_ yaml: String, _ message: String) throws {
        let error = try #require(throws: BuildError.self) { _ = try loss(yaml) }
        #expect(error.underlying == message)
    }

    @Test func anotherShapeIsAnError() throws {
        for name in ["L1", "SmoothL1", "GIoU", "BinaryCrossEntropy"] {
            #expect(throws: TorchError.self, "\(name)") {
                try value(name, Tensor.zeros([2, 4]), Tensor.zeros([3, 4]), LossOptions())
            }
        }
    }
}
