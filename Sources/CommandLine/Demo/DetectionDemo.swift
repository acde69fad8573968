import DenseKitCore
import Foundation

/// Mask R-CNN on scenes annotated in COCO's format.
struct DetectionDemo: Demonstration {
    static let iterations = 400
    let trainingCount = 400
    let validationCount = 80
    let configurationName = "mask_rcnn_demo.yaml"
    private let root: String
    private let seed: UInt64 = 2017

    /// The scenes' classes with outlines: what else there is has no number of pieces.
    private static let things = ["brick wall", "tree", "ball", "striped box"]

    init(root: String) { self.root = root }

    func headline(_ report: any EvaluationReport) -> String {
        let (box, mask) = ("box AP \(figure("bbox_mAP", of: report))", "mask AP \(figure("segm_mAP", of: report))")
        return "\(box) (AP50 \(figure("bbox_mAP_50", of: report))), \(mask) (AP50 \(figure("segm_mAP_50", of: report)))"
    }

    func write() throws {
        try FileSystem.makeFolder(root + "/annotations", remedy: "choose another folder with --dir")
        try write(0..<trainingCount, "train")
        try write(trainingCount..<trainingCount + validationCount, "val")
    }

    /// The annotations come last: where they are, everything is.
    private func write(_ indices: Range<Int>, _ split: String) throws {
        let annotations = "\(root)/annotations/instances_\(split).json"
        guard !FileManager.default.fileExists(atPath: annotations) else { return }
        try FileSystem.makeFolder("\(root)/\(split)", remedy: "choose another folder with --dir")
        let labels = Self.things.compactMap { Scene.classes.names.firstIndex(of: $0).map(UInt16.init) }
        var file = COCOFile(labels: labels)
        for index in indices {
            let scene = Scene.render(seed: seed, index: index, crowded: true)
            let name = sceneName(index) + ".jpg"
            try ImageFile.writeJPEG(scene.image, to: "\(root)/\(split)/\(name)")
            try file.add(scene, fileName: name)
        }
        try AtomicFile.write(try file.json, to: annotations)
    }

    /// A small Mask R-CNN that learns from nothing in minutes on two cores.
    var configuration: String {
        """
        # Mask R-CNN in small: a ResNet with one block a stage, FPN, region proposals, box and mask branch.
        # Trained from nothing on generated scenes: mask AP50 above 60 within 15 minutes on 2 cores.
        #   densekit demo --task detection                           makes the data, trains, evaluates and draws
        #   densekit train densekit-demo-detection/mask_rcnn_demo.yaml only trains
        model:
          backbone: { type: CLIPResNet, layers: [1, 1, 1, 1], width: 32, attention_pool: false }
          neck: { type: FPN, channels: 64 }
          head:
            type: MaskRCNN
            finest_scale: 28  # images are small: boxes from 28 to 56 pixels belong to the second level
            rpn:
              channels: 64
              scales: [4]
              train_proposals: { per_level: 300, count: 150 }
              test_proposals: { per_level: 300, count: 100 }
            box: { channels: 256, sampler: { count: 64 } }
            mask: { convs: 2, channels: 64 }

        data:
          train:
            type: COCODetection
            root: "\(root)"
            split: train
            annotations: annotations/instances_train.json
            images: train
            classes: &classes [\(Self.things.joined(separator: ", "))]
            masks: true
          val:
            type: COCODetection
            root: "\(root)"
            split: val
            annotations: annotations/instances_val.json
            images: val
            classes: *classes
            masks: true
          train_pipeline:
            - { type: Resize, scale: [128, 128], ratio_range: [0.75, 1.5] }
            - { type: RandomFlip }
            - { type: PhotoMetricDistortion }
            - { type: Normalize }
            - { type: Pad, size_divisor: 32 }
          test_pipeline:
            - { type: Normalize }
            - { type: Pad, size_divisor: 32 }
          workers: 1

        optimizer: { type: AdamW, lr: 1e-3, weight_decay: 1e-2 }
        schedule: { type: Poly, warmup_iterations: 50 }
        train: { iterations: \(Self.iterations), batch: 8, clip_norm: 5, log_interval: 20, eval_interval: 200, checkpoint_interval: 200 }

        """
    }
}
