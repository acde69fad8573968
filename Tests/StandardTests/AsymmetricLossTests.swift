import DenseKitCore
import Testing

@testable import DenseKitStandard

@Suite struct AsymmetricLossTests {
    private func loss(_ yaml: String = "{}") throws -> AsymmetricLoss {
        try AsymmetricLoss(.decode(yaml: yaml), BuildContext(registry: Registry()))
    }

    @Test(
        "Sure negatives count nothing, unsure ones by the fourth power, positives as cross-entropy")
    func values() throws {
        let each = try loss("{reduction: none}")
        let logits = try Tensor.from([-4, 0, 0, 3] as [Float], shape: [2, 2])
        let found = try each(
            logits, Tensor.from([0, 0, 1, 1] as [Int64], shape: [2, 2]), LossOptions()
        ).floats()
        let unsure = 0.597837 * 0.45 * 0.45 * 0.45 * 0.45  // −log 0.55 · 0.45⁴
        for (value, expected) in zip(found, [0, unsure, 0.693147, 0.0485874]) {
            #expect(abs(Double(value) - expected) < 1e-6)
        }
    }

    @Test("The mean over images and labels, their sum, and the weight")
    func reductions() throws {
        let logits = try Tensor.from([0, 1, -1, 2] as [Float], shape: [2, 2])
        let targets = try Tensor.from([1, 0, 1, 0] as [Float], shape: [2, 2])
        let mean = try loss()(logits, targets, LossOptions()).item()
        #expect(
            try abs(
                loss("{reduction: sum, weight: 2}")(logits, targets, LossOptions()).item() - 8
                    * mean) < 1e-5)
    }

    @Test("Logits of any size have finite losses and gradients")
    func extremes() throws {
        for settings in ["{}", "{detach_focus: false, gamma_pos: 1}", "{clip: 0}"] {
            let logits = try Tensor.from([-1e4, 1e4, -1e4, 1e4, 0, 0] as [Float], shape: [3, 2])
            try logits.setRequiresGrad(true)
            let value = try loss(settings)(
                logits, Tensor.from([1, 0, 0, 1, 1, 0] as [Float], shape: [3, 2]), LossOptions())
            try value.backward()
            #expect(try value.isFinite() && (logits.grad?.isFinite() ?? false))
        }
    }

    @Test(arguments: [
        ("{gamma_neg: -1}", "gamma_neg must be 0.0…100.0, found -1.0"),
        ("{gamma_pos: 101}", "gamma_pos must be 0.0…100.0, found 101.0"),
        ("{clip: -0.1}", "clip must be 0.0…1.0, found -0.1"),
        ("{eps: 1}", "eps must be above 0 and below 1, found 1.0"),
        (
            "{gamma_neg: 0.5, detach_focus: false}",
            "gamma_neg must be 0, or 1 or above, where detach_focus is false, found 0.5: the gradient of (1 − p)^γ is not finite where p = 1"
        ),
    ])
    func outOfRange(_ settings: String, _ expected: String) throws {
        let error = try #require(throws: SettingError.self) { try loss(settings) }
        #expect(error.problem == expected)
    }
}
