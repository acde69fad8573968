import DenseKitCore
import Testing

@testable import DenseKitStandard

@Suite struct CrossEntropyTests {
    private func loss(_ yaml: String, classes: Int = 2) throws -> CrossEntropyLoss {
        try CrossEntropyLoss(
            .decode(yaml: yaml),
            BuildContext(registry: Registry(), classNames: (0..<classes).map { "\($0)" }))
    }

    /// Four pixels with logits (0, 1): losses 1.3133 for class 0 and 0.3133 for class 1. The last
    /// one is ignored.
    private func logits() throws -> Tensor {
        try Tensor.from([0, 0, 0, 0, 1, 1, 1, 1].map(Float.init), shape: [1, 2, 2, 2])
    }
    private func labels() throws -> Tensor {
        try Tensor.from([Int64(0), 1, 1, 9], shape: [1, 2, 2])
    }

    private static let zero = 1.3132617
    private static let one = 0.3132617

    /// As mmsegmentation 0.x computes it: the mean is over all pixels, unless ignored ones are to
    /// be left out.
    @Test(
        arguments: [
            ("{}", 1, 2, 4),
            ("{average_non_ignored: true}", 1, 2, 3),
            ("{weight: 0.5}", 1, 2, 8),
            ("{class_weights: [3, 0.5]}", 3, 1, 4),
            ("{class_weights: [3, 0.5], average_non_ignored: true, weight: 2}", 6, 2, 3),
        ] as [(String, Double, Double, Double)])
    func values(_ yaml: String, _ ofZero: Double, _ ofOne: Double, _ denominator: Double) throws {
        let value = try loss(yaml)(logits(), labels(), LossOptions(ignoreIndex: 9))
        let expected = (ofZero * Self.zero + ofOne * Self.one) / denominator
        #expect(try abs(value.item() - expected) < 1e-6)
        #expect(value.shape == [])
    }

    @Test func elementWeights() throws {
        let weights = try Tensor.from([Float(2), 0, 1, 7], shape: [1, 2, 2])
        let options = LossOptions(ignoreIndex: 9, elementWeights: weights)
        #expect(
            try abs(loss("{}")(logits(), labels(), options).item() - (2 * Self.zero + Self.one) / 4)
                < 1e-6)
        #expect(
            try abs(
                loss("{average_non_ignored: true}")(logits(), labels(), options).item()
                    - (2 * Self.zero + Self.one) / 3)
                < 1e-6)
    }

    @Test(arguments: ["{}", "{average_non_ignored: true}"]) func nothingLabelledIsNoLoss(
        _ yaml: String
    ) throws {
        let x = try logits()
        try x.setRequiresGrad(true)
        let value = try loss(yaml)(
            x, Tensor.full([1, 2, 2], 9, dtype: .int64), LossOptions(ignoreIndex: 9))
        #expect(try value.item() == 0)
        try value.backward()
        #expect(try x.grad?.abs().amax().item() == 0)
    }

    @Test func ignoredPixelsHaveNoGradient() throws {
        let x = try logits()
        try x.setRequiresGrad(true)
        try loss("{}")(x, labels(), LossOptions(ignoreIndex: 9)).backward()
        let gradient = try #require(x.grad).floats()
        #expect(gradient[3] == 0 && gradient[7] == 0 && gradient[0] < 0 && gradient[4] > 0)
    }

    @Test func settings() throws {
        #expect(try loss("{name: loss_x}").name == "loss_x" && loss("{}").name == "loss_ce")
        let error = try #require(throws: SettingError.self) {
            try loss("{class_weights: [1, 2, 3]}")
        }
        #expect(error.description == "class_weights has 3 numbers for 2 classes")
    }

    @Test func labelsOutOfRangeAreAnError() throws {
        #expect(throws: TorchError.self) {
            try loss("{}")(
                logits(), Tensor.full([1, 2, 2], 5, dtype: .int64), LossOptions(ignoreIndex: 9))
        }
    }
}
