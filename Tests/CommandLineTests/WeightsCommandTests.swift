import DenseKitCheckpoints
import DenseKitNN
import Foundation
import Testing

private let golden = packageFolder.appending(path: "Tests/Goldens/weights")

/// A DenseCLIP around the tiny CLIP of Tests/Goldens/weights.
private let configuration =
    smallDenseCLIP(width: 2, textWidth: 16) + """
          train_pipeline: [{ type: RandomCrop, crop_size: 64 }, { type: Normalize }, { type: Pad, size: 64 }]
          test_pipeline: [{ type: Normalize }]
        optimizer: { type: AdamW, lr: 0 }
        train: { iterations: 1, batch: 2, log_interval: 1, eval_interval: 1, checkpoint_interval: 1 }
        """

/// The configuration with a text encoder that CLIP's files fit.
private var fittingConfiguration: String {
    let encoder = "text_encoder: { width: 16, heads: 2, layers: "
    return configuration.replacing(encoder + "1 }", with: encoder + "2, vocabulary_size: 64 }")
}

/// A folder with data, the configuration, and CLIP's files.
private func withRun(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
        try writeScenes(to: folder.appending(path: "data"))
        try Data(configuration.utf8).write(to: folder.appending(path: "run.yaml"))
        for file in ["tiny_clip.pt", "tiny_clip.pth"] {
            try FileManager.default.copyItem(
                at: golden.appending(path: file), to: folder.appending(path: file))
        }
        try body(folder)
    }
}

private func tensors(_ folder: URL, _ file: String) throws -> [String: Tensor] {
    try TensorFile.load(folder.appending(path: file).path).tensors
}

private func listed(_ folder: URL, _ file: String) throws -> [String] {
    try tensors(folder, file).keys.sorted()
}

/// `key shape type` of every tensor.
private func listing(_ tensors: [String: Tensor]) -> [String] {
    tensors.map {
        "\($0.key) \($0.value.shape.map(String.init).joined(separator: ",")) \($0.value.dtype)"
    }.sorted()
}

@Suite("Weights on the command line", .serialized) struct WeightsCommandTests {
    @Test(
        "convert writes what PyTorch wrote as safetensors, under its names, in float32 unless types are kept"
    )
    func convert() throws {
        try withRun { folder in
            let plain = try runDensekit(
                ["convert", "tiny_clip.pth", "plain.safetensors"], in: folder)
            #expect(
                plain.status == 0
                    && plain.output == "plain.safetensors: 153 tensors, 0.03 M numbers\n",
                "\(plain)")
            let kept = try runDensekit(
                ["convert", "tiny_clip.pt", "kept.safetensors", "--keep-types"], in: folder)
            #expect(kept.status == 0, "\(kept.errors)")
            let expected = try String(
                contentsOf: golden.appending(path: "tiny_clip.txt"), encoding: .utf8)
            let lines = expected.split(separator: "\n").map(String.init)
            #expect(listing(try tensors(folder, "kept.safetensors")) == lines)
            let floats = try tensors(folder, "plain.safetensors")
            // what TorchScript holds beside
            let archive = ["attn_mask", "context_length", "input_resolution", "vocab_size"]
            let wanted = lines.filter { line in !archive.contains { line.hasPrefix($0 + " ") } }
            #expect(listing(floats) == wanted.map { $0.replacing("float16", with: "float32") })
            // The same numbers, and those of the file.
            let source = try WeightsFile.load(folder.appending(path: "tiny_clip.pth").path).tensors
            for (name, tensor) in floats where tensor.dtype == .float32 {
                #expect(try tensor.floats() == source[name]?.to(.float32).floats(), "\(name)")
            }
        }
    }

    @Test(
        "convert takes what a configuration's model takes, under its keys; and a checkpoint directory"
    )
    func convertForModel() throws {
        try withRun { folder in
            let model = try runDensekit(
                [
                    "convert", "tiny_clip.pt", "model.safetensors", "--config", "run.yaml",
                    "--classes", "3",
                ], in: folder)
            #expect(model.status == 1)  // CLIP's token table is not that of bytes
            #expect(
                model.errors.contains(
                    "other shape: text_encoder.token_embedding.weight (model [258, 16], file [64, 16])"
                ))
            try Data(fittingConfiguration.utf8).write(to: folder.appending(path: "fits.yaml"))
            let fits = try runDensekit(
                [
                    "convert", "tiny_clip.pt", "model.safetensors", "--config", "fits.yaml",
                    "--classes", "3",
                ], in: folder)
            #expect(fits.status == 0 && fits.output.contains("(read as OpenAI CLIP)"), "\(fits)")
            let names = Set(try tensors(folder, "model.safetensors").keys)
            #expect(
                names.contains("backbone.attnpool.c_proj.weight")
                    && names.contains("text_encoder.ln_final.bias"))
            #expect(
                !names.contains("decode_head.conv_seg.weight")
                    && names.allSatisfy { !$0.hasPrefix("visual.") })
            let sweep =
                "sweep: { runs: [{ name: own, config: run.yaml }, { name: fits, config: fits.yaml }] }\n"
            try Data(sweep.utf8).write(to: folder.appending(path: "sweep.yaml"))
            let ofRun = try runDensekit(
                [
                    "convert", "tiny_clip.pt", "of_run.safetensors", "--config", "sweep.yaml",
                    "--run", "fits", "--classes", "3",
                ],
                in: folder)
            let taken = Set(try tensors(folder, "of_run.safetensors").keys)
            #expect(ofRun.status == 0 && taken == names, "\(ofRun)")

            #expect(
                try runDensekit(["train", "run.yaml", "--work-dir", "w"], in: folder).status == 0)
            let run = try runDensekit(["convert", "w/iter_1", "run.safetensors"], in: folder)
            #expect(run.status == 0, "\(run.errors)")
            let own = try tensors(folder, "w/iter_1/model.safetensors")
            let converted = try tensors(folder, "run.safetensors")
            #expect(listing(own) == listing(converted))
            // It still says for which classes it is.
            #expect(
                try runDensekit(["test", "run.yaml", "run.safetensors"], in: folder).status == 0)
        }
    }

    @Test("CLIP's Vision Transformer is read too; its pyramid is initialized again")
    func visionTransformer() throws {
        try withRun { folder in
            let file = "tiny_clip_vit.pth"
            try FileManager.default.copyItem(
                at: golden.appending(path: file), to: folder.appending(path: file))
            let vit = "type: CLIPViT, layers: 4, width: 16, heads: 2, out_indices: [0, 1, 2, 3], "
            let text = configuration.replacing(
                "type: CLIPResNet, layers: [1, 1, 1, 1], width: 2, ", with: vit)
            try Data(text.utf8).write(to: folder.appending(path: "vit.yaml"))
            let check = try runDensekit(
                ["check", "vit.yaml", "--set", "model.backbone.weights=\(file)"], in: folder)
            #expect(
                check.status == 0
                    && check.output.contains(
                        "weights: \(file): model tensors: filled 56, not filled 18"),
                "\(check)")
            let fits =
                "_base_: vit.yaml\nmodel: { prompter: { text_encoder: { layers: 2, vocabulary_size: 64 } } }"
            try Data(fits.utf8).write(to: folder.appending(path: "fits.yaml"))
            let made = try runDensekit(
                ["convert", file, "vit.safetensors", "--config", "fits.yaml", "--classes", "3"],
                in: folder)
            #expect(made.status == 0 && made.output.contains("(read as OpenAI CLIP)"), "\(made)")
            let names = Set(try tensors(folder, "vit.safetensors").keys)
            #expect(
                names.contains("backbone.class_embedding")
                    && names.contains("text_encoder.ln_final.bias"))
            #expect(names.allSatisfy { !$0.hasPrefix("backbone.fpn") && !$0.hasPrefix("visual.") })
        }
    }

    @Test(
        "What convert refuses",
        arguments: [
            (
                ["tiny_clip.pt", "out.pth"],
                "the output is a safetensors file: its name must end with .safetensors, found 'out.pth'",
                64
            ),
            (
                ["tiny_clip.pt", "out.safetensors", "--classes", "0"],
                "--classes must be at least 1, found 0", 64
            ),
            (
                ["tiny_clip.pt", "out.safetensors", "--ignore", "visual"],
                "--classes and --ignore need --config: without it, every tensor of the file is written",
                64
            ),
            (["lost.pt", "out.safetensors"], "error: lost.pt: no such file or directory", 1),
            (["run.yaml", "out.safetensors"], "error: run.yaml: ", 1),
            (["data", "out.safetensors"], "error: data: is a folder without model.safetensors", 1),
            (
                ["tiny_clip.pt", "no/folder/out.safetensors"], "error: no/folder/out.safetensors: ",
                1
            ),
        ])
    func refused(arguments: [String], message: String, status: Int32) throws {
        try withRun { folder in
            let result = try runDensekit(["convert"] + arguments, in: folder)
            #expect(result.status == status && result.errors.contains(message), "\(result)")
        }
    }

    @Test(
        "--init-from and weights begin a run; check tries them; test, infer and --resume do not read them"
    )
    func training() throws {
        try withRun { folder in
            let backbone = ["--set", "model.backbone.weights=tiny_clip.pt"]
            let check = try runDensekit(["check", "run.yaml"] + backbone, in: folder)
            #expect(
                check.status == 0
                    && check.output.contains("weights: tiny_clip.pt: model tensors: filled "),
                "\(check)")
            let train = try runDensekit(
                ["train", "run.yaml", "--work-dir", "w"] + backbone, in: folder)
            #expect(
                train.status == 0
                    && train.errors.contains(
                        "weights from tiny_clip.pt: model tensors: filled 123, not filled 0"),
                "\(train.errors)"
            )
            // The learning rate is 0: what was loaded is what is saved.
            let source = try WeightsFile.load(golden.appending(path: "tiny_clip.pt").path).tensors
            let saved = try tensors(folder, "w/iter_1/model.safetensors")
            let name = "layer4.0.conv3.weight"
            #expect(
                try saved["backbone.\(name)"]?.floats()
                    == source["visual.\(name)"]?.to(.float32).floats())

            let began = try runDensekit(
                ["train", "run.yaml", "--work-dir", "v", "--init-from", "w/iter_1"], in: folder)
            #expect(
                began.status == 0
                    && began.errors.contains("weights from w/iter_1: model tensors: filled"),
                "\(began.errors)")
            let other = try tensors(folder, "v/iter_1/model.safetensors")
            #expect(
                try other["decode_head.conv_seg.weight"]?.floats()
                    == saved["decode_head.conv_seg.weight"]?.floats())

            let lost = [
                "--set", "model.backbone.weights=lost.pth", "--set", "model.weights=lost.pth",
            ]
            for arguments in [
                ["test", "run.yaml", "w/iter_1"],
                ["infer", "run.yaml", "w/iter_1", "data/images/training/0.jpg"],
                [
                    "train", "run.yaml", "--work-dir", "w", "--resume", "w/iter_1", "--set",
                    "train.iterations=2",
                ],
            ] {
                let result = try runDensekit(arguments + lost, in: folder)
                #expect(result.status == 0, "\(arguments): \(result.errors)")
            }
        }
    }

    @Test(
        "Weights that cannot be loaded stop check and train, with the place that names them",
        arguments: ["check", "train"])
    func mistakes(command: String) throws {
        try withRun { folder in
            for (arguments, message) in [
                (
                    ["--set", "model.backbone.weights=lost.pth"],
                    "--set model.backbone.weights=lost.pth: weights: lost.pth: no such file or directory"
                ),
                (
                    ["--set", "model.backbone.weights={file: tiny_clip.pt, at_least: 2}"],
                    "--set model.backbone.weights={file: tiny_clip.pt, at_least: 2}: at_least: expected a share of 0…1, found 2.0"
                ),
                (
                    ["--set", "data.train.weights=a.pth"],
                    "--set data.train.weights=a.pth: unknown key 'weights' of ADE20K"
                ),
            ] {
                let result = try runDensekit([command, "run.yaml"] + arguments, in: folder)
                if command == "check" {
                    #expect(
                        result.status == 1 && result.output.contains("\nproblem: \(message)"),
                        "\(result)")
                } else {
                    #expect(
                        result.status == 2 && result.errors.contains("error: \(message)"),
                        "\(result.errors)")
                }
            }
        }
    }

    @Test(
        "A tensor without place refuses the file in check and convert; ignore loads the rest with a warning"
    )
    func withoutPlace() throws {
        try withRun { folder in
            var tensors = try WeightsFile.load(golden.appending(path: "tiny_clip.pth").path).tensors
            tensors["visual.layer1.0.gate.weight"] = try Tensor.zeros([2])
            try TensorFile.save(
                tensors.map { ("module." + $0.key, $0.value) },
                to: folder.appending(path: "gated.safetensors").path)
            func check(_ weights: String) throws -> (status: Int32, output: String, errors: String)
            {
                let result = try runDensekit(
                    ["check", "run.yaml", "--set", "model.backbone.weights=\(weights)"], in: folder)
                return (result.status, result.output, result.errors)
            }
            let refused = try check("gated.safetensors")
            #expect(refused.status == 1)
            #expect(
                refused.output.contains(
                    "  without place in the model: module.visual.layer1.0.gate.weight\n"),
                "\(refused)")
            #expect(
                refused.output.contains(
                    "`weights: {file: …, ignore: [module.visual.layer1.0.gate]}`"), "\(refused)")
            let asked = try check(
                "{file: gated.safetensors, ignore: [module.visual.layer1.0.gate]}")
            #expect(
                asked.status == 0
                    && asked.output.contains("(read as OpenAI CLIP, without 'module.')"), "\(asked)"
            )
            #expect(
                asked.output.contains(
                    "warning: weights: gated.safetensors: 1 tensor of the file left out, as ignore says;"
                ))

            try Data(fittingConfiguration.utf8).write(to: folder.appending(path: "fits.yaml"))
            let convert = [
                "convert", "gated.safetensors", "out.safetensors", "--config", "fits.yaml",
                "--classes", "3",
            ]
            #expect(try runDensekit(convert, in: folder).status == 1)
            let made = try runDensekit(
                convert + ["--ignore", "module.visual.*.*.gate"], in: folder)
            #expect(made.status == 0, "\(made.errors)")
            // Without a configuration the names are the file's, but for the wrapper's.
            #expect(
                try runDensekit(["convert", "gated.safetensors", "all.safetensors"], in: folder)
                    .status == 0)
            #expect(Set(try listed(folder, "all.safetensors")) == Set(tensors.keys))
        }
    }

    @Test("convert names tensors that cannot be read, and refuses a file of nothing else")
    func unread() throws {
        try withRun { folder in
            let files = packageFolder.appending(path: "Tests/Goldens/torch_files")
            try FileManager.default.copyItem(
                at: files.appending(path: "complex.pth"), to: folder.appending(path: "complex.pth"))
            let result = try runDensekit(["convert", "complex.pth", "out.safetensors"], in: folder)
            #expect(
                result.output
                    == "left out: weight has element type complex64, which the engine does not have\n"
            )
            #expect(
                result.status == 1
                    && result.errors.contains(
                        "complex.pth: holds no tensor that can be read. Convert it to float32 with PyTorch."
                    ),
                "\(result.errors)")
        }
    }
}
