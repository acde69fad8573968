import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// Boxes, sizes and rates of mmdetection's recipe; and which parameters learn how.
@Suite struct DetectionPipelineTests {
    private func verify(_ change: (inout [String: Any]) throws -> Void, model: String? = nil) throws
        -> [Comparison]
    {
        let folder = try Folder(copyOf: "det_pipeline_schedule")
        try folder.edit("det_pipeline_schedule.json", change)
        if let model { try folder.write(model, "det_pipeline_schedule.model.yaml") }
        try folder.write(
            """
            model:
              backbone: { type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, attention_pool: false }
              head: { type: SemanticFPN, channels: 8 }
            optimizer: { type: AdamW, lr: 2e-4, weight_decay: 0.01, custom_keys: { backbone: { lr_mult: 0.1 }, conv_seg: { decay_mult: 0 } } }
            """, "small.yaml")
        return try verifier().verify(folder.path("det_pipeline_schedule.json"))
    }

    /// How every parameter of both released recipes learns is among its tables.
    @Test func theWholeCaseAgrees() throws {
        let path = goldens.appending(path: "det_pipeline_schedule.json").path
        let comparisons = try verifier().verify(path)
        #expect(
            comparisons.count == 14 && comparisons.allSatisfy { $0.passes },
            "\(comparisons.filter { !$0.passes })")
    }

    @Test func everyTableAgrees() throws {
        let comparisons = try verify { $0["optimizer_groups"] = nil }
        #expect(comparisons.allSatisfy { $0.passes }, "\(comparisons.filter { !$0.passes })")
        #expect(
            comparisons.map(\.output) == [
                "resize/new_wh", "resize/scale_factor", "resize/pad32_wh", "boxes/resized",
                "boxes/flipped", "learning_rate",
            ])
    }

    @Test func anotherAnswerFails() throws {
        let comparisons = try verify { object in
            object["optimizer_groups"] = nil
            object["resize"] =
                [
                    [
                        "size_wh": [640, 480], "scale": [1333, 800], "new_wh": [1066, 800],
                        "scale_factor": [1.5, 1.5, 1.5, 1.5],
                        "pad64_wh": [1088, 832],
                    ]
                ] as [[String: Any]]
            object["boxes"] =
                [
                    "image_wh": [10, 10], "new_wh": [20, 20], "input": [[1, 1, 2, 2]],
                    "resized": [[2, 2, 4, 5]],
                    "flipped": [[16, 2, 18, 4]],
                ] as [String: Any]
            object["learning_rate"] =
                [
                    "base": 1, "policy": "step [2] gamma 0.5, 10 iterations per epoch",
                    "values": [
                        ["epoch": 1, "iteration": 19, "lr": 1],
                        ["epoch": 2, "iteration": 20, "lr": 0.1],
                    ],
                ] as [String: Any]
        }
        let failed = comparisons.filter { !$0.passes }.map(\.output)
        #expect(
            failed == ["resize/new_wh", "resize/scale_factor", "boxes/resized", "learning_rate"])
        #expect(comparisons.count == 6)
    }

    @Test func anUnknownPolicy() throws {
        let error = try #require(throws: GoldenCaseError.self) {
            _ = try verify {
                $0["optimizer_groups"] = nil
                $0["learning_rate"] =
                    ["base": 1, "policy": "cosine", "values": [Int]()] as [String: Any]
            }
        }
        #expect(
            error.description.contains("has the policy 'cosine'; known: step [epochs] gamma g, "))
    }

    @Test func groupsOfAConfiguration() throws {
        let groups: [String: Any] = [
            "small": [
                "lr=2e-05 wd=0.01": [
                    "count": 57, "prefixes": ["backbone"], "first": "backbone.conv1.weight",
                    "last": "backbone.layer4.0.bn3.bias",
                ] as [String: Any],
                "lr=0.0002 wd=0": ["decode_head.conv_seg.weight", "decode_head.conv_seg.bias"],
                "lr=0.1 wd=0.01": ["x"],
            ] as [String: Any],
            "other": ["lr=1 wd=0": ["x"]],
        ]
        let comparisons = try verify(
            { object in
                for key in ["resize", "boxes", "learning_rate"] { object[key] = nil }
                object["optimizer_groups"] = groups
            }, model: "configurations: { small: small.yaml }")
        let failed = Dictionary(
            uniqueKeysWithValues: comparisons.filter { !$0.passes }.map { ($0.output, $0.note) })
        #expect(
            comparisons.filter(\.passes).map(\.output).contains("small lr=0.0002 wd=0"), "\(failed)"
        )
        #expect(failed["small lr=0.1 wd=0.01"] == "no parameters are trained like this here")
        #expect(failed["other"]?.hasSuffix("names no file for it under configurations:") == true)
        // The rest of the head, which the case leaves out.
        #expect(failed.keys.contains { $0.hasPrefix("small lr=0.0002 wd=0.01") })
        #expect(
            comparisons.first { $0.output == "small lr=2e-05 wd=0.01" }?.passes == true, "\(failed)"
        )
    }
}
