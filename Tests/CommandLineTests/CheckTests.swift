import DenseKitCore
import Foundation
import Testing

/// `densekit check`: every mistake at once, each with its place.
@Suite(.serialized) struct CheckTests {
    /// What `check` says of the small run with `overrides`.
    private func check(_ overrides: [String], in folder: URL) throws -> ProcessResult {
        try runDensekit(["check", "run.yaml"] + overrides.flatMap { ["--set", $0] }, in: folder)
    }

    private func problems(_ result: ProcessResult) -> [String] {
        result.output.split(separator: "\n").filter { $0.hasPrefix("problem: ") }.map {
            String($0.dropFirst("problem: ".count))
        }
    }

    @Test(
        "Twenty mistakes in configuration and data are listed in one call, with 1 as the exit code")
    func twenty() throws {
        try withRun(validationImages: 3) { folder in
            let configuration = """
                model:
                  backbone: { type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, attention_pol: false }
                  neck: { type: FPN, chanels: 8 }
                  head: { type: SemanticFPN, channels: eight, loss: { type: CrosEntropy } }
                  freeze: [nothing]
                data:
                  train: { type: ADE20K, root: data, split: training, exiff: apply }
                  val: { type: ADE20K, root: data, split: validation, trunkated: accept }
                  train_pipeline:
                    - { type: RandomCrop, crop_size: 0 }
                    - { type: Normalise }
                    - { type: Pad }
                  test_pipeline:
                    - { type: RandomFlip }
                    - { type: Resize }
                    - { type: Normalize, std: [0, 1, 1] }
                  worker: 2
                optimizer: { type: AdamW, lr: fast, wieght_decay: 3 }
                schedule: { type: Polly }
                train: { iteration: 4, batch: 4, precision: half }
                test: { mode: sliding, ratios: [a] }
                """
            try Data(configuration.utf8).write(to: folder.appending(path: "run.yaml"))
            // Data that is damaged in two ways.
            let image = folder.appending(path: "data/images/training/1.jpg")
            try Data(contentsOf: image).prefix(300).write(to: image)
            let mask = folder.appending(path: "data/annotations/validation/5.png")
            try LabelFile.write(
                LabelMap(height: 64, width: 64, fill: 77),
                classes: ClassList(names: (0..<78).map { "c\($0)" }), to: mask.path)

            let result = try check([], in: folder)
            #expect(result.status == 1, "\(result)")
            let found = problems(result)
            let expected = [
                "run.yaml:2:65: unknown key 'attention_pol' of CLIPResNet",
                "run.yaml:3:22: unknown key 'chanels' of FPN",
                "run.yaml:4:40: model.head.channels: expected an integer, found the string 'eight'",
                "run.yaml:4:61: unknown loss 'CrosEntropy'",
                "run.yaml:5:12: model.freeze: no parameter's key starts with 'nothing'",
                "run.yaml:7:55: unknown key 'exiff' of ADE20K",
                "run.yaml:8:55: unknown key 'trunkated' of ADE20K",
                "run.yaml:10:", "run.yaml:11:15: unknown transform 'Normalise'", "run.yaml:12:",
                "run.yaml:14:15: RandomFlip cannot",
                "run.yaml:15:15: Resize cannot", "run.yaml:16:",
                "run.yaml:17:3: unknown key 'worker' in data",
                "run.yaml:18:31: optimizer.lr: expected a number, found the string 'fast'",
                "run.yaml:18:37: unknown key 'wieght_decay' of AdamW",
                "run.yaml:19:19: unknown schedule 'Polly'",
                "run.yaml:20:10: unknown key 'iteration' in train",
                "run.yaml:20:45: train.precision: 'half' is none of",
                "run.yaml:21:15: test.mode: 'sliding' is none of",
                "run.yaml:21:33: test.ratios.0: expected a number",
                "train: data/images/training/1.jpg: ",
                "val: data/annotations/validation/5.png: label 77 at (y 0, x 0)",
            ]
            for text in expected {
                #expect(
                    found.contains { $0.hasPrefix(text) },
                    "\(text) is not in\n\(found.joined(separator: "\n"))")
            }
            #expect(found.count == expected.count, "\(found.joined(separator: "\n"))")
            #expect(result.output.hasSuffix("\n\(expected.count) problems\n"))
        }
    }

    @Test("A mistake in the model is found where the data is missing")
    func withoutData() throws {
        try withRun { folder in
            let result = try check(
                ["model.neck.chanels=8", "data.train.root=lost", "data.val.root=lost"], in: folder)
            let found = problems(result)
            #expect(
                found.contains {
                    $0.hasPrefix("--set model.neck.chanels=8: unknown key 'chanels' of FPN")
                }, "\(result)")
            #expect(
                found.count { $0.contains("lost/images/") } == 2 && result.status == 1, "\(result)")
            #expect(!result.output.contains("is sound"))
        }
    }

    @Test(
        "What is behind a part that cannot be built is still looked at, and nothing is said that follows from it"
    )
    func behind() throws {
        try withRun { folder in
            let result = try check(
                ["model.backbone.type=ClipResNet", "model.neck.chanels=8", "model.head.chanels=8"],
                in: folder)
            let found = problems(result)
            #expect(found.count == 3, "\(result)")
            #expect(
                found.first?.contains("unknown backbone 'ClipResNet'; did you mean 'CLIPResNet'?")
                    == true, "\(result)")
        }
    }

    @Test(
        "Nothing is said of what a mistake was compared with, or of what it would have made of the data"
    )
    func nothingFollows() throws {
        try withRun { folder in
            let mistakes = [
                "train={batch: -3, per_device_batch: 5}",
                "test={mode: slide, crop: abc, stride: 600}",
                "model.backbone.weights={file: lost.pth}",
                "data.train={type: Folder, root: data, map: {0: 0, 7: 9}}",
            ]
            let result = try check(mistakes, in: folder)
            let found = problems(result)
            #expect(found.count == mistakes.count && result.status == 1, "\(result)")
            for mistake in mistakes {
                #expect(
                    found.contains { $0.hasPrefix("--set \(mistake.prefix(60))") },
                    "\(mistake) is not in \(found)")
            }
        }
    }

    @Test("A sweep is told to name a run")
    func sweep() throws {
        try withRun { folder in
            try Data("_base_: run.yaml\nsweep: {}\n".utf8).write(
                to: folder.appending(path: "sweep.yaml"))
            let result = try runDensekit(["check", "sweep.yaml"], in: folder)
            #expect(
                result.status == 1
                    && result.output.contains("sweep.yaml:2:1: a sweep is many experiments"),
                "\(result)")
        }
    }

    @Test("A file that is no configuration is a problem, too")
    func noConfiguration() throws {
        try withRun { folder in
            try Data("model: [".utf8).write(to: folder.appending(path: "broken.yaml"))
            for file in ["broken.yaml", "lost.yaml"] {
                let result = try runDensekit(["check", file], in: folder)
                #expect(
                    result.status == 1 && result.output.hasPrefix("problem: \(file)"), "\(result)")
            }
        }
    }

    @Test("The step is the one that train takes: batch, passes, precision, first losses")
    func step() throws {
        try withRun { folder in
            for overrides in [
                ["train.batch=1"],
                ["train.batch=4", "train.per_device_batch=2", "train.precision=bfloat16"],
            ] {
                let checked = try check(overrides, in: folder)
                let arguments = overrides.flatMap { ["--set", $0] }
                let trained = try runDensekit(
                    ["train", "run.yaml", "--work-dir", "w\(overrides.count)"] + arguments,
                    in: folder)
                let line = try #require(
                    checked.output.split(separator: "\n").first { $0.hasPrefix("one step on ") },
                    "\(checked)")
                let words =
                    overrides.count == 1
                    ? "one step on 1 image: " : "one step on 4 images, 2 at a time: "
                #expect(line.hasPrefix(words), "\(line)")
                let losses = line.dropFirst(words.count)
                #expect(trained.errors.contains("  \(losses)\n"), "\(losses)\n\(trained.errors)")
            }
        }
    }

    @Test(
        "The smallest and the largest validation image are predicted; one that is too small is padded"
    )
    func extremes() throws {
        try withRun { folder in
            func put(_ name: String, _ size: Size2D) throws {
                let height = size.height
                let width = size.width
                try ImageFile.writeJPEG(
                    RGBImage(height: height, width: width),
                    to: folder.appending(path: "data/images/validation/\(name).jpg").path)
                try LabelFile.write(
                    LabelMap(height: height, width: width, fill: 1),
                    classes: ClassList(names: ["none", "sky"]),
                    to: folder.appending(path: "data/annotations/validation/\(name).png").path)
            }
            try put("small", Size2D(height: 20, width: 90))
            try put("wide", Size2D(height: 70, width: 70))
            let result = try check([], in: folder)
            #expect(result.status == 0, "\(result)")
            #expect(
                result.output.contains(
                    "predicted the smallest validation image small.jpg of 20×90\n"), "\(result)")
            #expect(
                result.output.contains(
                    "predicted the largest validation image wide.jpg of 70×70\n"), "\(result)")

            let trained = try runDensekit(["train", "run.yaml", "--work-dir", "w"], in: folder)
            #expect(
                trained.status == 0 && trained.errors.contains("Iter(val) [4/4]"),
                "\(trained.errors)")
            // One that no network could see does not keep infer from the others.
            try Data("no image".utf8).write(
                to: folder.appending(path: "data/images/validation/a.jpg"))
            let seen = try runDensekit(
                ["infer", "run.yaml", "w/iter_4", "data/images/validation"], in: folder)
            #expect(
                seen.status == 1
                    && seen.errors.contains(
                        "1 of 5 images could not be predicted:\ndata/images/validation/a.jpg: ")
            )
            for name in ["small", "wide", "4", "5"] {
                #expect(
                    FileManager.default.fileExists(
                        atPath: folder.appending(path: "out/pred/\(name).png").path))
            }
        }
    }

    @Test(
        "A pipeline without Normalize, or with another one, is a warning of check, train, test and infer"
    )
    func normalize() throws {
        try withRun { folder in
            let trained = try runDensekit(
                ["train", "run.yaml", "--work-dir", "w", "--set", "data.test_pipeline=[]"],
                in: folder)
            let missing = "data.test_pipeline has no Normalize: the network gets levels of 0…255"
            #expect(
                trained.status == 0 && trained.errors.contains("WARNING - \(missing)"),
                "\(trained.errors)")
            let other = ["--set", "data.test_pipeline=[{type: Normalize, mean: [1, 2, 3]}]"]
            let differs =
                "data.test_pipeline normalises by mean [1.0, 2.0, 3.0] and std [68.5, 66.63, 70.32], and data.train_pipeline "
                + "(run.yaml:18:15) by mean [122.77, 116.75, 104.09] and std [68.5, 66.63, 70.32]"
            let checked = try runDensekit(["check", "run.yaml"] + other, in: folder)
            #expect(
                checked.status == 0
                    && checked.output.contains(
                        "warning: --set data.test_pipeline=[{type: Normalize, mean"),
                "\(checked)")
            #expect(checked.output.contains(differs), "\(checked)")
            for command in [
                ["test", "run.yaml", "w/iter_4"],
                ["infer", "run.yaml", "w/iter_4", "data/images/validation/4.jpg"],
            ] {
                let result = try runDensekit(command + other, in: folder)
                #expect(result.status == 0 && result.errors.contains(differs), "\(result)")
                let plain = try runDensekit(command, in: folder)
                #expect(plain.status == 0 && plain.errors.isEmpty, "\(plain)")
            }
        }
    }

    @Test("A work directory in which nothing can be saved is a problem, and none is made")
    func workDirectory() throws {
        try withRun { folder in
            let lost = try check(["work_dir=/proc/densekit/run"], in: folder)
            let message = "/proc/densekit/run: nothing can be saved in the work directory: /proc: "
            #expect(
                lost.status == 1 && problems(lost).contains { $0.hasPrefix(message) }, "\(lost)")
            let sound = try check(["work_dir=a/b/c"], in: folder)
            #expect(
                sound.status == 0
                    && !FileManager.default.fileExists(atPath: folder.appending(path: "a").path),
                "\(sound)")
        }
    }

    @Test(
        "Images that cannot stand in one batch, that no backbone sees, or that teach nothing are problems"
    )
    func hopelessSteps() throws {
        try withRun { folder in
            func pipeline(_ transforms: String) -> String { "data.train_pipeline=[\(transforms)]" }
            for (overrides, message) in [
                (
                    [pipeline("{type: Resize, scale: [64, 64]}, Normalize")],
                    "train: images come out of data.train_pipeline in different sizes, and those of one batch must be equal: "
                ),
                (
                    [pipeline("{type: Resize, scale: [20, 20], ratio_range: null}, Normalize")],
                    "comes out of data.train_pipeline as 20×20, and the backbone takes no side below 31 pixels: add Resize or Pad"
                ),
                (
                    ["model.prompter=null", "model.head.loss={type: CrossEntropy, weight: 0}"],
                    "train: the loss of the first step is 0, so nothing is trained"
                ),
                (
                    ["model.prompter=null", "model.freeze=[backbone, neck, decode_head]"],
                    "--set model.freeze=[backbone, neck, decode_head]: no parameter of the model is trained: "
                ),
                (
                    ["test={mode: slide, crop: 20, stride: 20}"],
                    "test.crop: windows of 20×20 pixels are smaller than the backbone accepts"
                ),
            ] {
                let result = try check(overrides, in: folder)
                #expect(
                    result.status == 1 && problems(result).contains { $0.contains(message) },
                    "\(result)")
            }
        }
    }
}
