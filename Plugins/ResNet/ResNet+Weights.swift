import DenseKitCore

extension ResNet: ExternalWeights {
    /// The checkpoints of other projects that load into a ResNet: torchvision's and timm's
    /// classifiers, MoCo v2, DenseCL, and the backbones of mmsegmentation and mmdetection. Their
    /// classifiers are dropped.
    public static var weightFormats: [WeightFormat] {
        [
            WeightFormat("torchvision or timm ResNet", behind: [""], dropping: WeightFormat.heads),
            // The deep stem of timm's resnet50c: its last norm is outside the sequence.
            WeightFormat(
                "timm ResNet-C", behind: [""], dropping: WeightFormat.heads,
                replacing: [
                    ("conv1.0.", "stem.0."), ("conv1.1.", "stem.1."), ("conv1.3.", "stem.3."),
                    ("conv1.4.", "stem.4."),
                    ("conv1.6.", "stem.6."), ("bn1.", "stem.7."),
                ], marks: ["conv1.6."]),
            WeightFormat(
                "MoCo v2", behind: ["module.encoder_q.", "encoder_q."], dropping: ["fc."]),
            WeightFormat(
                "DenseCL, mmsegmentation or mmdetection", behind: ["backbone."],
                dropping: WeightFormat.heads),
        ]
    }
}
