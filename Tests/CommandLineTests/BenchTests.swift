import DenseKitCore
import Foundation
import Testing

/// The line that `bench` prints.
private func measured(_ arguments: [String], in folder: URL) throws -> [String: Any] {
    let result = try runDensekit(
        ["bench"] + arguments + ["--classes", "3", "--runs", "1"], in: folder)
    #expect(result.status == 0, "\(result.errors)")
    return try #require(
        try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
}

@Test("bench times what a detector finds, and its steps of training, with masks and without")
func detectors() throws {
    try withDetection { folder in
        for overrides in [[], ["--set", "model.head.mask=null"]] {
            let found = try measured(
                ["infer", "run.yaml", "--size", "50x90"] + overrides, in: folder)
            #expect(
                found["what"] as? String == "densekit infer" && found["size"] as? String == "50x90",
                "\(found)")
            #expect(try #require(found["detections"] as? Int) > 0 && found["median_s"] is Double)
            let trained = try measured(
                ["train", "run.yaml", "--size", "40", "--batch", "2", "--instances", "3"]
                    + overrides,
                in: folder)
            #expect(trained["detections"] == nil && trained["batch"] as? Int == 2)
        }
        let several = try runDensekit(["bench", "infer", "run.yaml", "--batch", "2"], in: folder)
        #expect(
            several.status != 0
                && several.errors.contains("--batch: a head that detects takes 1 image at a time"))
    }
}

@Test(
    "bench computes in 16 bits where the engine does, and refuses what it cannot and both at once")
func precisions() throws {
    try withDetection { folder in
        let bench = ["train", "run.yaml", "--size", "40"]
        let short = try measured(bench + ["--bf16"], in: folder)
        #expect(short["bf16"] as? Bool == true && short["fp16"] as? Bool == false)
        if canAutocast(.float16, on: .cpu) {
            let half = try measured(bench + ["--fp16"], in: folder)
            #expect(half["bf16"] as? Bool == false && half["fp16"] as? Bool == true)
        } else {
            let refused = try runDensekit(["bench"] + bench + ["--fp16"], in: folder)
            #expect(
                refused.status == 64
                    && refused.errors.contains(
                        "does not compute in float16 on the device cpu: float16 needs a CUDA device; on a CPU use bfloat16"
                    ), "\(refused.errors)")
        }
        let both = try runDensekit(["bench"] + bench + ["--fp16", "--bf16"], in: folder)
        #expect(
            both.status == 64 && both.errors.contains("--bf16 and --fp16 exclude each other"),
            "\(both.errors)")
    }
}
