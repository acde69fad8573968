import DenseKitBuiltIn
import DenseKitCore
import Foundation
import Testing

/// What `check` and `show` say of a recipe before they look at data or model: an override of a
/// sound configuration, and the message.
private let mistakes: [(override: String, message: String)] = [
    ("train.batch=0", "override train.batch=0: train.batch: expected 1…65536, found 0"),
    (
        "train.per_device_batch=3",
        "override train.per_device_batch=3: train.per_device_batch: expected a divisor of the global batch 8, found 3"
    ),
    (
        "train.eval_interval=0",
        "override train.eval_interval=0: train.eval_interval: expected 1…1000000000, found 0"
    ),
    (
        "train.keep_checkpoints=-1",
        "override train.keep_checkpoints=-1: train.keep_checkpoints: expected 1…1000000000, found -1"
    ),
    (
        "train.clip_norm=0",
        "override train.clip_norm=0: train.clip_norm: expected a number above 0 and at most 1e12, found 0.0"
    ),
    ("data.workers=0", "override data.workers=0: data.workers: expected 1…1024, found 0"),
    (
        "test={mode: slide, crop: 0}",
        "override test={mode: slide, crop: 0}: test.crop: expected sides of 1…65535 pixels, found [0, 0]"
    ),
    (
        "test={mode: slide, stride: 0}",
        "override test={mode: slide, stride: 0}: test.stride: expected sides of 1…65535 pixels, found [0, 0]"
    ),
    (
        "test={mode: slide, stride: 600}",
        "override test={mode: slide, stride: 600}: test.stride: expected at most the crop 512×512, found 600×600: windows would leave gaps"
    ),
    (
        "train.iterations=4611686018427387904",
        "train.iterations: expected 1…1000000000, found 4611686018427387904"
    ),
    ("train.batch=1000000000000", "train.batch: expected 1…65536, found 1000000000000"),
    ("train.per_device_batch=0", "train.per_device_batch: expected 1…65536, found 0"),
    ("train.epochs=1000001", "train.epochs: expected 1…1000000, found 1000001"),
    ("train.max_bad_losses=0", "train.max_bad_losses: expected 1…1000000000, found 0"),
    ("train.clip_norm=.inf", "train.clip_norm: expected a finite number, found the number .inf"),
    (
        "train.clip_norm=1e13",
        "train.clip_norm: expected a number above 0 and at most 1e12, found 10000000000000.0"
    ),
    (
        "train.seed=-1",
        "train.seed: expected an integer from 0 to 18446744073709551615, found the number -1"
    ),
    ("data.aspect_ratio_grouping=0", "data.aspect_ratio_grouping: expected 1…65536, found 0"),
    ("test.crop=0", "test.crop: expected sides of 1…65535 pixels, found [0, 0]"),
    ("test.ratios=[]", "test.ratios: expected 1…64 scales, found none: nothing would be measured"),
    ("test.ratios=[1, 0]", "test.ratios.1: expected a scale of 0.01…16.0, found 0.0"),
    ("test.ratios=[-1.5]", "test.ratios.0: expected a scale of 0.01…16.0, found -1.5"),
    ("test.ratios=[1, 2, 1e9]", "test.ratios.2: expected a scale of 0.01…16.0, found 1000000000.0"),
    ("test.ratios=[.nan]", "test.ratios.0: expected a finite number, found the number .nan"),
    ("test.ratios=[0.5, -.inf]", "test.ratios.1: expected a finite number, found the number -.inf"),
    ("optimizer.lr=-1", "optimizer AdamW could not be built: lr must be 0.0…1000.0, found -1.0"),
    ("optimizer.lr=.inf", "optimizer.lr: expected a finite number, found the number .inf"),
    (
        "optimizer.weight_decay=-1",
        "optimizer AdamW could not be built: weight_decay must be 0.0…1000.0, found -1.0"
    ),
    ("optimizer.eps=0", "optimizer AdamW could not be built: eps must be 1e-30…1.0, found 0.0"),
    (
        "optimizer.custom_keys={backbone.norm: {lr_mult: -1}}",
        "optimizer AdamW could not be built: custom_keys.backbone.norm.lr_mult must be 0.0…1000000.0, found -1.0"
    ),
    (
        "optimizer={type: SGD, momentum: 1}",
        "optimizer SGD could not be built: momentum must be 0 or more and below 1, found 1.0"
    ),
    ("schedule.power=-1", "schedule Poly could not be built: power must be 0.0…100.0, found -1.0"),
    (
        "schedule.min_lr=-1",
        "schedule Poly could not be built: min_lr must be 0.0…1000.0, found -1.0"
    ),
    (
        "schedule.warmup_ratio=1.5",
        "schedule Poly could not be built: warmup_ratio must be 0.0…1.0, found 1.5"
    ),
    (
        "schedule.warmup_iterations=4611686018427387904",
        "schedule Poly could not be built: warmup_iterations must be 0…1000000000, found 4611686018427387904"
    ),
    (
        "test={mode: slid}",
        "override test={mode: slid}: test.mode: 'slid' is none of whole, slide; did you mean 'slide'?"
    ),
    (
        "data.bad_image=skp",
        "override data.bad_image=skp: data.bad_image: 'skp' is none of error, skip; did you mean 'skip'?"
    ),
    (
        "schedule.warmup_iterations=on",
        "override schedule.warmup_iterations=on: schedule.warmup_iterations: expected an integer, found the string 'on'"
    ),
    (
        "optimizer=Adam",
        "override optimizer=Adam: unknown optimizer 'Adam'; did you mean 'AdamW'? known: AdamW, SGD; others come from `plugins:`"
    ),
    (
        "data.test_pipeline=[{type: Pad}]",
        "override data.test_pipeline=[{type: Pad}]: transform Pad could not be built: Pad: size: expected either size or size_divisor"
    ),
    (
        "plugins=[lost.swift]",
        "override plugins=[lost.swift]: plugin lost.swift: no such file, or it cannot be read"
    ),
]

@Test("Mistakes in a recipe are found before data or model are touched", arguments: mistakes)
func recipe(override: String, message: String) throws {
    try withTemporaryFolder { folder in
        let file = folder.appending(path: "sound.yaml")
        try Data("train: { batch: 8 }\nschedule: { type: Poly }\n".utf8).write(to: file)
        let registry = try Registry(BuiltIn.plugins)
        try Experiment(file.path, registry: registry).checkRecipe()
        let error = try #require(throws: (any Error).self) {
            try Experiment(file.path, overrides: [override], registry: registry).checkRecipe()
        }
        #expect(
            "\(error)"
                == (message.hasPrefix("override ") ? message : "override \(override): \(message)"))
    }
}

/// A recipe as a file says it, and the place and text of its mistake.
@Test(
    "Numbers out of range are found at their line and column",
    arguments: [
        (
            "train:\n  batch: 8\n  iterations: 0",
            "3:15: train.iterations: expected 1…1000000000, found 0"
        ),
        (
            "train: { batch: 6, per_device_batch: 4 }",
            "1:38: train.per_device_batch: expected a divisor of the global batch 6, found 4"
        ),
        (
            "train: { per_device_batch: 3 }",
            "1:28: train.per_device_batch: expected a divisor of the global batch 32, found 3"
        ),
        ("data: { workers: 2000 }", "1:18: data.workers: expected 1…1024, found 2000"),
        (
            "test: { ratios: [1, 17] }",
            "1:21: test.ratios.1: expected a scale of 0.01…16.0, found 17.0"
        ),
        (
            "test: { mode: slide, crop: 100 }",
            "1:7: test.stride: expected at most the crop 100×100, found 341×341: windows would leave gaps"
        ),
        (
            "optimizer:\n  type: AdamW\n  custom_keys:\n    backbone: { lr_mult: 0, decay_mult: -2 }",
            "4:41: optimizer AdamW could not be built: custom_keys.backbone.decay_mult must be 0.0…1000000.0, found -2.0"
        ),
        (
            "optimizer: { betas: [0.9, 1] }",
            "1:21: optimizer AdamW could not be built: AdamW: betas: expected two numbers of 0 or more and below 1, found [0.9, 1.0]"
        ),
        (
            "data: { train_pipeline: [{ type: RandomFlip, prob: 2 }] }",
            "1:52: transform RandomFlip could not be built: RandomFlip: prob: expected a probability of 0…1, found 2.0"
        ),
    ])
func places(yaml: String, message: String) throws {
    try withTemporaryFolder { folder in
        let file = folder.appending(path: "a.yaml")
        try Data(yaml.utf8).write(to: file)
        let registry = try Registry(BuiltIn.plugins)
        let error = try #require(throws: (any Error).self) {
            try Experiment(file.path, registry: registry).checkRecipe()
        }
        #expect("\(error)" == "\(file.path):\(message)")
    }
}

@Test(
    "What is a number like any other stays allowed",
    arguments: [
        "optimizer: { lr: 0, weight_decay: 0, betas: [0, 0], custom_keys: { a: { lr_mult: 0, decay_mult: 0 } } }",
        "optimizer: { type: SGD, lr: 0, momentum: 0, weight_decay: 0 }",
        "schedule: { type: Poly, power: 0, min_lr: 0, warmup_iterations: 0, warmup_ratio: 0 }",
        "schedule: { type: Step, steps: [], gamma: 1, warmup_ratio: 1 }",
        "test: { ratios: [0.01, 16] }",
        "train: { batch: 1, iterations: 1, seed: 18446744073709551615, log_interval: 1000000000 }",
        "train: { per_device_batch: 64, batch: 8 }", "train: { clip_norm: 1e-12 }",
    ])
func allowed(yaml: String) throws {
    try withTemporaryFolder { folder in
        let file = folder.appending(path: "a.yaml")
        try Data(yaml.utf8).write(to: file)
        try Experiment(file.path, registry: Registry(BuiltIn.plugins)).checkRecipe()
    }
}

@Test("A setting laid over a default component is named where it stands")
func overDefault() throws {
    let context = BuildContext(
        registry: try Registry(BuiltIn.plugins), classNames: ["a", "b", "c"],
        features: [FeatureSpec(channels: 8, stride: 4)])
    let head = try YAMLNode.parse(
        "head: { type: SemanticFPN, channels: 8, loss: { class_weights: [1, 2] } }", file: "a.yaml"
    )
    .decode(ModelConfiguration.self).head
    let error = try #require(throws: BuildError.self) {
        try context.registry.heads.make(#require(head), context)
    }
    #expect(
        "\(error)"
            == "a.yaml:1:64: loss CrossEntropy could not be built: class_weights has 2 numbers for 3 classes"
    )
}

@Test("Folders that cannot be made, and folders that are no checkpoint")
func folders() throws {
    try withTemporaryFolder { folder in
        let file = folder.appending(path: "file").path
        try Data().write(to: URL(filePath: file))
        try FileSystem.makeFolder(folder.path + "/a//b/c/", remedy: "")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/a/b/c"))
        let inFile = try #require(throws: CheckpointError.self) {
            try WorkDirectory(file + "/work")
        }
        #expect(
            "\(inFile)"
                == "\(file)/work: the work directory cannot be made: \(file) is a file, a folder is wanted; choose another with work_dir"
        )
        let noCheckpoint = try #require(throws: CheckpointError.self) {
            try WeightsFile.load(folder.path)
        }
        #expect(
            "\(noCheckpoint)"
                == "\(folder.path): is a folder without model.safetensors, so it is no checkpoint. "
                + "Name one, such as work_dirs/…/iter_8000")
    }
}
