import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// Trajectories with `optimizer_config.grad_clip`. The numbers are PyTorch 2.13's:
/// `adamw_trajectory` with `clip_grad_norm_` before every step, which without clipping gives the
/// case's own answers bit for bit.
@Suite struct GradientClippingTests {
    struct Clip: Sendable, CustomTestStringConvertible {
        let settings: String
        /// The norms before clipping, iteration by iteration.
        let norms: [Float]
        /// `conv_seg.bias` at the end.
        let bias: [Float]

        var testDescription: String { settings }
    }

    /// The case with `settings` of its optimizer's hook.
    private func edit(_ folder: Folder, _ settings: String) throws {
        try folder.edit("adamw_trajectory.json") { object in
            var config = try #require(object["config"] as? [String: Any])
            config["optimizer_config"] = try JSONSerialization.jsonObject(with: Data(settings.utf8))
            object["config"] = config
        }
    }

    @Test(arguments: [
        Clip(
            settings: #"{"grad_clip": {"max_norm": 0.1}}"#,
            norms: [
                0.787574, 0.787574, 0.779046, 0.759991, 0.737104, 0.706304, 0.68179, 0.65741,
                0.643659, 0.634837,
            ],
            bias: [-0.11866365, 0.05765687, 0.03034833]),
        Clip(
            settings: #"{"type": "OptimizerHook", "grad_clip": {"max_norm": 0.1, "norm_type": 2}}"#,
            norms: [
                0.787574, 0.787574, 0.779046, 0.759991, 0.737104, 0.706304, 0.68179, 0.65741,
                0.643659, 0.634837,
            ],
            bias: [-0.11866365, 0.05765687, 0.03034833]),
        Clip(
            settings: #"{"grad_clip": {"max_norm": 0.05, "norm_type": "inf"}}"#,
            norms: [
                0.20029, 0.20029, 0.198129, 0.194175, 0.188796, 0.182404, 0.176873, 0.172288,
                0.168715, 0.166221,
            ],
            bias: [-0.1186497, 0.0576934, 0.0303143]),
        Clip(
            settings: #"{"grad_clip": {"max_norm": 1.0, "norm_type": 1}}"#,
            norms: [
                15.599629, 15.599629, 15.420086, 15.14784, 14.778677, 14.134683, 13.665591,
                13.159681, 12.926705, 12.766714,
            ],
            bias: [-0.11865407, 0.05768096, 0.0303259]),
        Clip(
            settings: #"{"grad_clip": {"max_norm": 0.1, "norm_type": 3}}"#,
            norms: [
                0.358499, 0.358499, 0.354349, 0.344357, 0.332463, 0.317993, 0.30617, 0.295395,
                0.288499, 0.283939,
            ],
            bias: [-0.11867248, 0.05763322, 0.03037026]),
    ])
    func gradientsAreClippedAsPyTorchDoes(_ clip: Clip) throws {
        let folder = try Folder(copyOf: "adamw_trajectory")
        try edit(folder, clip.settings)
        let answers = folder.path("adamw_trajectory.safetensors")
        var tensors = try TensorFile.load(answers).tensors
        tensors["grad_norm"] = try Tensor.from(clip.norms)
        try TensorFile.save(tensors.map { ($0.key, $0.value) }, to: answers)

        let golden = try GoldenCase(path: folder.path("adamw_trajectory.json"))
        let trajectory = try Trajectory(golden, Registry(BuiltIn.plugins), .cpu)
        let comparisons = try trajectory.comparisons()
        #expect(comparisons.contains { $0.output == "grad_norm" && $0.passes && $0.maxRel < 1e-4 })
        #expect(comparisons.contains { $0.output == "lr_exact" && $0.passes })
        let bias = try #require(try trajectory.parameters()["conv_seg.bias"])
        #expect(
            zip(bias, clip.bias).allSatisfy { abs($0 - $1) < 2e-6 } && bias.count == 3, "\(bias)")
    }

    @Test func gradientsBelowTheBoundStay() throws {
        let folder = try Folder(copyOf: "adamw_trajectory")
        try edit(folder, #"{"grad_clip": {"max_norm": 35, "norm_type": 2}}"#)
        let comparisons = try verifier().verify(folder.path("adamw_trajectory.json"))
        #expect(comparisons.allSatisfy { $0.passes })
    }

    @Test func clippedAnswersAreNotThoseOfTheCase() throws {
        let folder = try Folder(copyOf: "adamw_trajectory")
        try edit(folder, #"{"grad_clip": {"max_norm": 0.01}}"#)
        let comparisons = try verifier().verify(folder.path("adamw_trajectory.json"))
        #expect(
            comparisons.contains { $0.output == "final/conv_seg.bias" && !$0.passes && $0.used > 1 }
        )
    }

    @Test(arguments: [
        (
            #"{"grad_clip": {"max_norm": 0}}"#,
            "has 0 in config.optimizer_config.grad_clip.max_norm, expected a number above 0"
        ),
        (
            #"{"grad_clip": {"norm_type": 2}}"#,
            "has nothing in config.optimizer_config.grad_clip.max_norm, expected a number above 0"
        ),
        (
            #"{"grad_clip": {"max_norm": 1, "norm_type": "max"}}"#,
            #"has "max" in config.optimizer_config.grad_clip.norm_type, expected a number above 0, or "inf""#
        ),
        (
            #"{"grad_clip": {"max_norm": 1, "norm_type": -1}}"#,
            #"has -1 in config.optimizer_config.grad_clip.norm_type, expected a number above 0, or "inf""#
        ),
        (
            #"{"grad_clip": {"max_norm": 1, "clip_value": 2}}"#,
            "has the unknown setting 'config.optimizer_config.grad_clip.clip_value'; known: max_norm, norm_type"
        ),
        (#"{"grad_clip": 5}"#, "has 5 in config.optimizer_config.grad_clip, expected an object"),
        (
            #"{"grad_clip": null, "cumulative_iters": 4}"#,
            "has the unknown setting 'config.optimizer_config.cumulative_iters'; known: grad_clip, type"
        ),
        (
            #"{"type": "Fp16OptimizerHook"}"#,
            #"sets config.optimizer_config.type to "Fp16OptimizerHook": only "OptimizerHook" is known here"#
        ),
    ])
    func whatCannotBeAppliedIsRefused(_ settings: String, _ message: String) throws {
        let folder = try Folder(copyOf: "adamw_trajectory")
        try edit(folder, settings)
        let error = try #require(throws: GoldenCaseError.self) {
            try verifier().verify(folder.path("adamw_trajectory.json"))
        }
        #expect(error.description.hasSuffix("adamw_trajectory.json: \(message)"), "\(error)")
    }
}
