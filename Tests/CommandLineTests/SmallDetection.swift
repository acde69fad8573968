import DenseKitData
import DenseKitVision
import Foundation

@testable import DenseKitCommandLine

/// Four small scenes for training and two others for validation, annotated in COCO's format.
func writeThings(to root: URL) throws {
    try FileManager.default.createDirectory(
        at: root.appending(path: "annotations"), withIntermediateDirectories: true)
    for (split, indices) in [("train2017", 0..<4), ("val2017", 4..<6)] {
        let folder = root.appending(path: split)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var file = COCOFile(labels: [5, 6, 7])  // trees, balls, boxes
        for index in indices {
            let scene = DemoScene.render(seed: 7, index: index, size: 64, crowded: true)
            try ImageFile.writeJPEG(scene.image, to: folder.appending(path: "\(index).jpg").path)
            try file.add(scene, fileName: "\(index).jpg")
        }
        try file.json.write(to: root.appending(path: "annotations/instances_\(split).json"))
    }
}

/// A Mask R-CNN as small as can be.
private let configuration = """
    model:
      backbone: { type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, attention_pool: false }
      neck: { type: FPN, channels: 8 }
      head:
        type: MaskRCNN
        finest_scale: 28
        rpn:
          channels: 8
          scales: [4]
          sampler: { count: 32 }
          train_proposals: { per_level: 40, count: 20 }
          test_proposals: { per_level: 40, count: 10 }
        box: { channels: 16, sampler: { count: 16 }, score_threshold: 0.001 }
        mask: { convs: 1, channels: 8 }
    data:
      train: { type: COCODetection, root: data, split: train, classes: [tree, ball, striped box], masks: true }
      val: { type: COCODetection, root: data, split: val, classes: [tree, ball, striped box] }
      train_pipeline:
        - { type: Resize, scale: [64, 64], ratio_range: [0.75, 1.5] }
        - { type: RandomFlip }
        - { type: PhotoMetricDistortion }
        - { type: Normalize }
        - { type: Pad, size_divisor: 32 }
      test_pipeline:
        - { type: Normalize }
        - { type: Pad, size_divisor: 32 }
    optimizer: { type: AdamW, lr: 1e-3 }
    schedule: { type: Poly, warmup_iterations: 2 }
    train: { iterations: 4, batch: 4, per_device_batch: 2, log_interval: 1, eval_interval: 4, checkpoint_interval: 2 }
    """

/// Runs `body` with a folder that holds data with things and the configuration of a detector.
func withDetection(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
        try writeThings(to: folder.appending(path: "data"))
        try Data(configuration.utf8).write(to: folder.appending(path: "run.yaml"))
        try body(folder)
    }
}
