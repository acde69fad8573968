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
