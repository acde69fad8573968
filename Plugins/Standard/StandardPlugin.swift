import DenseKitCore

/// Registers what every configuration needs: losses, transforms, optimizers (`AdamW`, `SGD`),
/// schedules (`Poly`, `Step`) and hooks of training.
public struct StandardPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.losses.register("CrossEntropy", CrossEntropyLoss.init)
        registry.losses.register("BinaryCrossEntropy", BinaryCrossEntropyLoss.init)
        registry.losses.register("Focal", FocalLoss.init)
        registry.losses.register("L1", L1Loss.init)
        registry.losses.register("SmoothL1", SmoothL1Loss.init)
        registry.losses.register("GIoU", GIoULoss.init)
        registry.losses.register("AsymmetricLoss", AsymmetricLoss.init)
        registry.transforms.register("Resize", Resize.init)
        registry.transforms.register("RandomCrop", RandomCrop.init)
        registry.transforms.register("RandomFlip", RandomFlip.init)
        registry.transforms.register("PhotoMetricDistortion", PhotoMetricDistortion.init)
        registry.transforms.register("Normalize", Normalize.init)
        registry.transforms.register("Pad", PadTransform.init)
        registry.optimizers.register("AdamW", AdamWRecipe.init)
        registry.optimizers.register("SGD", SGDRecipe.init)
        registry.hooks.register("LogHook", LogHook.init)
        registry.hooks.register("SkippedImagesHook", SkippedImagesHook.init)
        registry.hooks.register("CheckpointHook", CheckpointHook.init)
        registry.hooks.register("EvaluationHook", EvaluationHook.init)
        registry.hooks.register("EarlyStopping", EarlyStopping.init)
        registry.hooks.register("MetricsFile", MetricsFile.init)
        registry.schedules.register("Poly", Poly.init)
        // the field's name; ours for a type of that name is another
        registry.schedules.register("Step", StepSchedule.init)
    }
}
