import DenseKitCheckpoints
import Foundation
import Testing

@Test("browse draws the samples of the first batches, and writes the batches that training gets")
func browse() throws {
    try withRun { folder in
        let drawn = try runDensekit(
            ["browse", "run.yaml", "--batches", "2", "--set", "train.per_device_batch=2"],
            in: folder)
        #expect(drawn.status == 0, "\(drawn.errors)")
        let pictures = try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: "browse/vis").path
        ).sorted()
        #expect(pictures.map { String($0.prefix(4)) } == ["0_0_", "0_1_", "1_0_", "1_1_"])

        let written = try runDensekit(
            ["browse", "run.yaml", "--batches", "2", "--tensors", "b.safetensors"], in: folder)
        #expect(written.status == 0, "\(written.errors)")
        let file = try SafetensorsFile(path: folder.appending(path: "b.safetensors").path)
        #expect(
            file.entries.map { "\($0.name) \($0.shape)" }.sorted() == [
                "images.0 [2, 3, 64, 64]", "images.1 [2, 3, 64, 64]", "labels.0 [2, 64, 64]",
                "labels.1 [2, 64, 64]",
            ])
    }
}
