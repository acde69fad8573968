import DenseKitCore
import Foundation
import Testing

/// `densekit check`: one mistake hides no other.
@Suite(.serialized) struct CheckAtOnceTests {
    private func check(
        _ arguments: [String] = ["run.yaml"], set overrides: [String] = [], in folder: URL
    ) throws -> ProcessResult {
        try runDensekit(["check"] + arguments + overrides.flatMap { ["--set", $0] }, in: folder)
    }

    /// Holds that these are the problems, by how their lines begin, in any order, and no others.
    private func expect(_ expected: [String], _ result: ProcessResult) {
        let mark = "problem: "
        let found = result.output.split(separator: "\n").filter { $0.hasPrefix(mark) }.map {
            String($0.dropFirst(mark.count))
        }
        for text in expected {
            #expect(
                found.contains { $0.hasPrefix(text) },
                "\(text) is not in\n\(found.joined(separator: "\n"))")
        }
        #expect(found.count == expected.count, "\(found.joined(separator: "\n"))\n\(result)")
        #expect(result.status == 1, "\(result)")
    }

    /// Holds that these are the problems of a configuration beside `run.yaml`, and no others.
    ///
    /// - Parameter files: others that it names
    private func expect(
        _ expected: [String], of text: String, set overrides: [String] = [],
        beside files: [String: String] = [:]
    ) throws {
        try withRun { folder in
            try write(text, "variant.yaml", in: folder)
            for (name, content) in files { try write(content, name, in: folder) }
            expect(expected, try check(["variant.yaml"], set: overrides, in: folder))
        }
    }

    private func write(_ text: String, _ name: String, in folder: URL) throws {
        try Data(text.utf8).write(to: folder.appending(path: name))
    }

    // MARK: Data

    @Test(
        "Every missing mask is named, and what else is wrong with the data; training refuses as before"
    )
    func missingMasks() throws {
        try withRun { folder in
            func remove(_ name: String) throws {
                try FileManager.default.removeItem(
                    at: folder.appending(path: "data/annotations/\(name).png"))
            }
            for name in ["training/0", "training/2", "validation/4"] { try remove(name) }
            let image = folder.appending(path: "data/images/training/1.jpg")
            try Data(contentsOf: image).prefix(300).write(to: image)
            try LabelFile.write(
                LabelMap(height: 64, width: 64, fill: 77),
                classes: ClassList(names: (0..<78).map { "c\($0)" }),
                to: folder.appending(path: "data/annotations/validation/5.png").path)
            let result = try check(in: folder)
            expect(
                [
                    "train: data/images/training/0.jpg: has no mask data/annotations/training/0.png; add the masks",
                    "train: data/images/training/2.jpg: has no mask data/annotations/training/2.png; add the masks",
                    "train: data/images/training/1.jpg: ",
                    "val: data/images/validation/4.jpg: has no mask data/annotations/validation/4.png; add the masks",
                    "val: data/annotations/validation/5.png: label 77 at (y 0, x 0)",
                ], result)
            // What is whole goes through the network all the same.
            #expect(result.output.contains("one step on 4 images"), "\(result)")

            let trained = try runDensekit(["train", "run.yaml", "--work-dir", "w"], in: folder)
            let message =
                "data/images/training/0.jpg: has no mask data/annotations/training/0.png (2 of 4 images); add the masks"
            #expect(trained.status != 0 && trained.errors.contains(message), "\(trained)")
        }
    }

    @Test(
        "A quick check reads the first images alone, and still counts the masks that are missing behind them"
    )
    func quick() throws {
        try withRun(validationImages: 18) { folder in
            for name in ["8", "9"] {
                try FileManager.default.removeItem(
                    at: folder.appending(path: "data/annotations/validation/\(name).png"))
            }
            let result = try check(["run.yaml", "--quick"], in: folder)
            expect(
                [
                    "run.yaml:12:16: dataset ADE20K could not be built: data/images/validation/8.jpg: has no mask "
                        + "data/annotations/validation/8.png (2 of 18 images)"
                ], result)
            #expect(result.output.contains("predicted the validation image"), "\(result)")
        }
    }

    @Test(
        "Every image that a file of annotations names and that is missing is a problem, in training and validation data"
    )
    func missingImages() throws {
        try withDetection { folder in
            for name in ["train2017/1", "train2017/2", "val2017/5"] {
                try FileManager.default.removeItem(at: folder.appending(path: "data/\(name).jpg"))
            }
            let result = try check(in: folder)
            expect(
                [
                    "train: data/train2017/1.jpg: no such file",
                    "train: data/train2017/2.jpg: no such file",
                    "val: data/val2017/5.jpg: no such file",
                ], result)
            #expect(result.output.contains("one step on 4 images"), "\(result)")
        }
    }

    // MARK: The text of the configuration

    @Test(
        "Variables that are not set, repeated keys, unknown keys and assignments that fit nowhere: all at once"
    )
    func text() throws {
        try withRun { folder in
            let base = try String(contentsOf: folder.appending(path: "run.yaml"), encoding: .utf8)
            let text = base.replacing(
                "root: data, split: training", with: "root: '${NO_ROOT}', split: training"
            )
            .replacing("width: 8, input", with: "width: 8, width: 16, input")
            .replacing(
                "{ type: FPN, channels: 8 }",
                with: "{ type: FPN, channels: '${NO_CHANNELS}', chanels: 8 }")
            try write(text + "\nwork_dir: ${NO_WORK}/${NO_RUN}\n", "run.yaml", in: folder)
            let result = try check(
                set: [
                    "train.batch", "train.batch.x=1",
                    "optimizer={type: AdamW, lr: fast, wieght_decay: 1}",
                    "test.mode=${NO_MODE}",
                ],
                in: folder)
            expect(
                [
                    "run.yaml:2:65: the key 'width' is written twice, first on line 2",
                    "--set train.batch: an assignment without '='",
                    "--set train.batch.x=1: train.batch is the number 4, which has no 'x'",
                    "run.yaml:8:32: the environment variable NO_CHANNELS is not set",
                    "run.yaml:11:32: the environment variable NO_ROOT is not set",
                    "run.yaml:25:11: the environment variable NO_WORK is not set",
                    "run.yaml:25:11: the environment variable NO_RUN is not set",
                    "--set test.mode=${NO_MODE}: the environment variable NO_MODE is not set",
                    "run.yaml:8:50: unknown key 'chanels' of FPN",
                    "--set optimizer={type: AdamW, lr: fast, wieght_decay: 1}: optimizer.lr: expected a number",
                    "--set optimizer={type: AdamW, lr: fast, wieght_decay: 1}: unknown key 'wieght_decay' of AdamW",
                ], result)
        }
    }

    @Test(
        "A base that is missing hides no mistake of the file, and nothing is said that the base may mend"
    )
    func base() throws {
        try expect(
            [
                "variant.yaml:1:10: _base_ lost.yaml: no such file",
                "variant.yaml:1:21: the environment variable NO_BASE is not set",
                "broken.yaml:2:1: not YAML: ",
                "variant.yaml:4:30: unknown key 'chanels' of SemanticFPN",
                "variant.yaml:4:48: unknown loss 'CrosEntropy'; did you mean 'CrossEntropy'?",
                "variant.yaml:7:20: unknown transform 'Normalise'; did you mean 'Normalize'?",
                "variant.yaml:9:3: unknown key 'iteration' in train",
                "variant.yaml:10:3: unknown key 'batches' in train",
                "variant.yaml:12:14: unknown key 'wieght_decay' of AdamW",
                "--set test.mode=sliding: test.mode: 'sliding' is none of",
            ],
            of: """
                _base_: [lost.yaml, '${NO_BASE}', broken.yaml]
                model:
                  neck: { chanels: 8 }
                  head: { type: SemanticFPN, chanels: 8, loss: CrosEntropy }
                  freeze: [nothing]
                data:
                  train_pipeline: [Normalise]
                train:
                  iteration: 4
                  batches: 2
                  per_device_batch: 24
                optimizer: { wieght_decay: 1 }
                """, set: ["test.mode=sliding"], beside: ["broken.yaml": "model: ["])
    }

    @Test(
        "A key that nobody knows and that stands first in its mapping hides no other, in block style too"
    )
    func blockStyle() throws {
        try expect(
            [
                "variant.yaml:3:3: unknown key 'iteration' in train",
                "variant.yaml:4:3: unknown key 'batches' in train",
                "variant.yaml:6:9: test.mode: 'sliding' is none of",
                "variant.yaml:7:3: unknown key 'crops' in test",
            ],
            of: """
                _base_: run.yaml
                train:
                  iteration: 4
                  batches: 2
                test:
                  mode: sliding
                  crops: 3
                """)
    }

    @Test(
        "Every mistake of a sweep and of the run that is asked for; the command that trains it lists them too"
    )
    func sweep() throws {
        try withRun { folder in
            let text = """
                _base_: run.yaml
                sweep:
                  runz: 3
                  set: { train.batch.x: 1, train..y: 2, model.neck.chanels: 8 }
                  grid:
                    train.seed: 3
                    train.iterations: [4, 5]
                  runs:
                    - { name: a, sett: {} }
                    - { name: '' }
                    - { name: b, config: lost.yaml }
                    - { name: c, set: { train.iterations: 3 } }
                """
            try write(text, "sweep.yaml", in: folder)
            let expected = [
                "sweep.yaml:3:3: unknown key 'runz' in sweep",
                "sweep.yaml:4:10: train.batch is the number 4, which has no 'x'",
                "sweep.yaml:4:28: an empty name in the path",
                "sweep.yaml:6:17: sweep.grid: expected a list of values for train.seed",
                "sweep.yaml:9:18: unknown key 'sett' in sweep.runs.0",
                "sweep.yaml:10:15: the name of a run is empty",
                "sweep.yaml:11:26: config lost.yaml: no such file",
                "sweep.yaml:12:25: train.iterations is in sweep.grid too",
            ]
            expect(expected, try check(["sweep.yaml", "--run", "a"], in: folder))
            let refusal = "sweep.yaml:2:1: a sweep is many experiments, and one is wanted here"
            expect(expected + [refusal], try check(["sweep.yaml"], in: folder))
            let swept = try runDensekit(["sweep", "sweep.yaml"], in: folder)
            #expect(swept.status == 2, "\(swept)")
            for message in expected {
                #expect(swept.errors.contains(message), "\(message)\n\(swept)")
            }

            // A run that can be put together is looked at besides.
            let mild =
                "_base_: run.yaml\nsweep:\n  runz: 3\n  runs:\n    - { name: a, set: { model.neck.chanels: 8 } }\n    - { name: b }\n"
            try write(mild, "mild.yaml", in: folder)
            expect(
                [
                    "mild.yaml:3:3: unknown key 'runz' in sweep",
                    "mild.yaml:5:25: unknown key 'chanels' of FPN",
                    "--set train.bach=1: unknown key 'bach' in train",
                    "--set nothing: an assignment without '='",
                ],
                try check(
                    ["mild.yaml", "--run", "a"], set: ["train.bach=1", "nothing"], in: folder))
        }
    }

    // MARK: Parts that cannot be built

    @Test(
        "Where a head cannot be built, what is frozen, weights, pipelines and data are looked at all the same"
    )
    func head() throws {
        try withRun { folder in
            try write("<!DOCTYPE html><html></html>", "page.pth", in: folder)
            let result = try check(
                set: [
                    "model.head={type: SemanticFPM, weights: lost_head.pth}",
                    "model.freeze=[backbone.layer9, bakbone, neck, decode_head]",
                    "model.backbone.weights=page.pth", "model.weights={file: lost.pth}",
                    "data.train_pipeline=[{type: Resize, scale: [64, 64], ratio_range: [0.5, 2]}, Normalize]",
                    "schedule=Polly",
                ], in: folder)
            expect(
                [
                    "--set model.head={type: SemanticFPM, weights: lost_head.pth}: unknown head 'SemanticFPM'",
                    "--set model.head={type: SemanticFPM, weights: lost_head.pth}: weights: lost_head.pth: no such file",
                    "--set model.freeze=[backbone.layer9, bakbone, neck, decode_head]: model.freeze: no parameter's key starts with 'backbone.layer9'",
                    "--set model.freeze=[backbone.layer9, bakbone, neck, decode_head]: model.freeze: no parameter's key starts with 'bakbone'",
                    "--set model.backbone.weights=page.pth: weights: page.pth: ",
                    "--set model.weights={file: lost.pth}: weights: lost.pth: no such file",
                    "train: images come out of data.train_pipeline in different sizes",
                    "--set schedule=Polly: unknown schedule 'Polly'",
                ], result)
        }
    }

    @Test(
        "Where a neck cannot be built, a loss that does not fit its head is found, and nothing that follows from the neck"
    )
    func neck() throws {
        try withRun { folder in
            let result = try check(
                set: [
                    "model.neck.type=FNP", "model.head.loss={type: Focal}",
                    "model.freeze=[neck, text_encoder.nothing]",
                    "model.backbone.weights=lost.pth",
                ], in: folder)
            expect(
                [
                    "--set model.neck.type=FNP: unknown neck 'FNP'",
                    "--set model.head.loss={type: Focal}: model.head.loss: the loss Focal does not fit here",
                    "--set model.freeze=[neck, text_encoder.nothing]: model.freeze: no parameter's key starts with 'text_encoder.nothing'",
                    "--set model.backbone.weights=lost.pth: weights: lost.pth: no such file",
                ], result)
        }
    }
}
