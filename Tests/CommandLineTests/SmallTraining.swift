import Foundation

/// The model and the data of a DenseCLIP as small as can be; pipelines and training follow.
func smallDenseCLIP(width: Int, textWidth: Int) -> String {
    """
    model:
      backbone: { type: CLIPResNet, layers: [1, 1, 1, 1], width: \(width), input_resolution: 64, output_dim: 32 }
      prompter:
        type: DenseCLIP
        tokenizer: bytes
        text_encoder: { width: \(textWidth), heads: 2, layers: 1 }
        context_decoder: { width: \(textWidth), heads: 2, layers: 1 }
      neck: { type: FPN, channels: 8 }
      head: { type: SemanticFPN, channels: 8 }
    data:
      train: { type: ADE20K, root: data, split: training }
      val: { type: ADE20K, root: data, split: validation }

    """
}

private let configuration =
    smallDenseCLIP(width: 8, textWidth: 32) + """
          train_pipeline:
            - { type: Resize, scale: [64, 64], ratio_range: [0.75, 1.5] }
            - { type: RandomCrop, crop_size: 64 }
            - { type: RandomFlip }
            - { type: PhotoMetricDistortion }
            - { type: Normalize }
            - { type: Pad, size: 64 }
          test_pipeline:
            - { type: Normalize }
        optimizer: { type: AdamW, lr: 1e-3 }
        schedule: { type: Poly, warmup_iterations: 2 }
        train: { iterations: 4, batch: 4, per_device_batch: 2, log_interval: 1, eval_interval: 4, checkpoint_interval: 2 }
        """

/// Runs `body` with a folder that holds data and configuration.
func withRun<Result>(validationImages: Int = 2, _ body: (URL) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
        try writeScenes(to: folder.appending(path: "data"), validation: validationImages)
        try Data(configuration.utf8).write(to: folder.appending(path: "run.yaml"))
        return try body(folder)
    }
}
