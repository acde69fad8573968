import BuiltIn
import DenseKit
import Foundation
import Testing

/// What `check` and `show` say of a recipe before they look at data or model: an override of a sound configuration, and the message.
private let mistakes: [(override: String, message: String)] = [
    ("train.batch=0", "train: batch: expected 1 or more, found 0"),
    ("train.per_device_batch=3", "train: per_device_batch: expected a divisor of the global batch 8, found 3"),
    ("train.eval_interval=0", "train: eval_interval: expected 1 or more, found 0"),
    ("train.keep_checkpoints=-1", "train: keep_checkpoints: expected 1 or more, found -1"),
    ("train.clip_norm=0", "train: clip_norm: expected a positive number, found 0.0"),
    ("data.workers=0", "data: workers: expected 1…1024, found 0"),
    ("test={mode: slide, crop: 0}", "test: crop: expected sides of 1…65535 pixels, found [0, 0]"),
    ("test={mode: slide, stride: 0}", "test: stride: expected sides of 1…65535 pixels, found [0, 0]"),
    (
        "test={mode: slide, stride: 600}",
        "test: stride: expected at most the crop 512×512, found 600×600: windows would leave gaps"
    ),
    ("test={mode: slid}", "--set test={mode: slid}: test.mode: 'slid' is none of whole, slide; did you mean 'slide'?"),
    ("data.bad_image=skp", "--set data.bad_image=skp: data.bad_image: 'skp' is none of error, skip; did you mean 'skip'?"),
    (
        "schedule.warmup_iterations=on",
        "--set schedule.warmup_iterations=on: schedule.warmup_iterations: expected an integer, found the string 'on'"
    ),
    (
        "optimizer=Adam",
        "--set optimizer=Adam: unknown optimizer 'Adam'; did you mean 'AdamW'? known: AdamW, SGD; others come from `plugins:`"
    ),
    (
        "data.test_pipeline=[{type: Pad}]",
        "--set data.test_pipeline=[{type: Pad}]: transform Pad could not be built: Pad: size: expected either size or size_divisor"
    ),
    ("plugins=[lost.swift]", "--set plugins=[lost.swift]: plugin lost.swift: no such file, or it cannot be read"),
]

@Test("Mistakes in a recipe are found before data or model are touched", arguments: mistakes)
func recipe(override: String, message: String) throws {
    try withTemporaryFolder { folder in
        let file = folder.appending(path: "sound.yaml")
        try Data("train: { batch: 8 }\nschedule: { type: Poly }\n".utf8).write(to: file)
        let registry = try Registry(BuiltIn.plugins)
        try Session(file.path, registry: registry).checkRecipe()
        let error = try #require(throws: (any Error).self) {
            try Session(file.path, overrides: [override], registry: registry).checkRecipe()
        }
        #expect("\(error)" == message)
    }
}

@Test("A setting laid over a default component is named where it stands")
func overDefault() throws {
    let context = BuildContext(
        registry: try Registry(BuiltIn.plugins), classNames: ["a", "b", "c"], features: [FeatureSpec(channels: 8, stride: 4)])
    let head = try Node.parse("head: { type: SemanticFPN, channels: 8, loss: { class_weights: [1, 2] } }", file: "a.yaml")
        .decode(ModelConfiguration.self).head
    let error = try #require(throws: BuildError.self) { try context.registry.heads.make(try #require(head), context) }
    #expect("\(error)" == "a.yaml:1:47: loss CrossEntropy could not be built: class_weights has 2 numbers for 3 classes")
}

@Test("Folders that cannot be made, and folders that are no checkpoint")
func folders() throws {
    try withTemporaryFolder { folder in
        let file = folder.appending(path: "file").path
        try Data().write(to: URL(filePath: file))
        try FileSystem.makeFolder(folder.path + "/a//b/c/", remedy: "")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/a/b/c"))
        let inFile = try #require(throws: CheckpointError.self) { try WorkDirectory(file + "/work") }
        #expect(
            "\(inFile)"
                == "\(file)/work: the work directory cannot be made: \(file) is a file, a folder is wanted. choose another with --work-dir"
        )
        let noCheckpoint = try #require(throws: CheckpointError.self) { try WeightsFile.load(folder.path) }
        #expect(
            "\(noCheckpoint)" == "\(folder.path): is a folder without model.safetensors, so it is no checkpoint. "
                + "Name one, such as work_dirs/…/iter_8000")
    }
}
