import DenseKitCheckpoints
import DenseKitData
import Foundation
import Testing

/// Every `pred/*.png` of a folder that `infer` wrote.
private func predictions(_ folder: URL) throws -> [String: Data] {
    let pictures = folder.appending(path: "pred")
    let names = try FileManager.default.contentsOfDirectory(atPath: pictures.path)
    return try Dictionary(
        uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: pictures.appending(path: $0))) }
    )
}

@Suite("Language on the command line", .serialized) struct LanguageCommandTests {
    /// The vocabulary that this configuration asks for is not there: the model cannot make text.
    private let withoutVocabulary = [
        "--set", "model.prompter.tokenizer=bpe", "--set", "model.prompter.vocabulary=lost.gz",
    ]

    @Test(
        "An exported model measures and predicts as its checkpoint does, without text encoder and vocabulary"
    )
    func exported() throws {
        try withRun { folder in
            func run(_ arguments: String...) throws -> ProcessResult {
                try runDensekit(arguments, in: folder)
            }
            let train = try run(
                "train", "run.yaml", "--work-dir", "w", "--set", "model.freeze=[text_encoder]",
                "--set", "train.iterations=2")
            #expect(train.status == 0, "\(train.errors)")
            let export = try run(
                "export", "run.yaml", "w/iter_2", "small.safetensors", "--set",
                "model.freeze=[text_encoder]")
            #expect(
                export.status == 0
                    && export.output.hasPrefix("small.safetensors: ")
                    && export.output.hasSuffix("with the text of 8 classes\n"),
                "\(export)")
            let small = try SafetensorsFile(path: folder.appending(path: "small.safetensors").path)
            #expect(small.metadata["text"] == "kept" && small.metadata["classes"] != nil)
            let names = Set(small.entries.map(\.name))
            #expect(
                names.contains("text_embeddings")
                    && !names.contains { $0.hasPrefix("text_encoder.") || $0 == "contexts" })

            #expect(try run("test", "run.yaml", "w/iter_2", "--out", "whole.json").status == 0)
            let test = try runDensekit(
                ["test", "run.yaml", "small.safetensors", "--out", "small.json"]
                    + withoutVocabulary, in: folder)
            #expect(test.status == 0, "\(test.errors)")
            #expect(
                try Data(contentsOf: folder.appending(path: "whole.json"))
                    == Data(contentsOf: folder.appending(path: "small.json")))
            #expect(
                try run("infer", "run.yaml", "w/iter_2", "data/images/validation", "--out-dir", "a")
                    .status == 0)
            let infer = try runDensekit(
                [
                    "infer", "run.yaml", "small.safetensors", "data/images/validation", "--out-dir",
                    "b",
                ] + withoutVocabulary,
                in: folder)
            #expect(infer.status == 0, "\(infer.errors)")
            let a = try predictions(folder.appending(path: "a"))
            let b = try predictions(folder.appending(path: "b"))
            #expect(a.count == 2 && a == b)

            // The checkpoint cannot do without, and the small model knows no other words.
            let lost = try runDensekit(
                ["test", "run.yaml", "w/iter_2"] + withoutVocabulary, in: folder)
            #expect(
                lost.status == 2
                    && lost.errors.contains("bpe_simple_vocab_16e6.txt.gz was not found"),
                "\(lost.errors)")
            let words = try run(
                "infer", "run.yaml", "small.safetensors", "data/images/validation", "--classes",
                "a, b")
            #expect(
                words.status == 2
                    && words.errors.contains(
                        "new class names need the model's text encoder and tokenizer"),
                "\(words.errors)")

            let other = try run(
                "infer", "run.yaml", "w/iter_2", "data/images/validation", "--classes",
                "tree, red roof", "--out-dir", "c")
            #expect(other.status == 0 && other.output == "c/vis/4.png\nc/vis/5.png\n", "\(other)")
            let seen = try predictions(folder.appending(path: "c"))
            #expect(seen.count == 2 && seen != a)
            for name in seen.keys {  // two words: nothing but 0 and 1
                let labels = try LabelFile.read(folder.appending(path: "c/pred/\(name)").path)
                #expect(labels.width == 64 && labels.labels.allSatisfy { $0 < 2 })
            }
        }
    }

    @Test("Text that every image has of its own cannot be exported")
    func preModel() throws {
        let (export, infer) = try exportAndInfer("model.prompter.prompting=pre")
        #expect(export.status == 2, "\(export)")
        #expect(
            export.errors.hasPrefix(
                "error: prompting: pre computes the text again for every image"),
            "\(export.errors)")
        #expect(infer.status == 0, "\(infer.errors)")
    }

    @Test(
        "What export and new words refuse",
        arguments: [
            (
                ["export", "run.yaml", "w", "out.pth"],
                "the output is a safetensors file: its name must end with .safetensors, found 'out.pth'",
                64
            ),
            (
                ["export", "run.yaml", "lost", "out.safetensors"],
                "error: lost: no such file or directory", 1
            ),
            (
                ["infer", "run.yaml", "w", "data", "--classes", "sky"],
                "--classes needs two or more class names with commas between, found 'sky'", 64
            ),
            (
                ["infer", "run.yaml", "w", "data", "--classes", "sky,,sea"],
                "--classes needs two or more class names with commas between, found 'sky,,sea'", 64
            ),
            (
                ["infer", "run.yaml", "w", "data", "--classes", "sky, sea, sky"],
                "--classes has 'sky' twice", 64
            ),
        ])
    func refused(arguments: [String], message: String, status: Int32) throws {
        try withRun { folder in
            let result = try runDensekit(arguments, in: folder)
            #expect(result.status == status && result.errors.contains(message), "\(result)")
        }
    }

    @Test("A model without a prompter has neither text to keep nor a score map")
    func noLanguage() throws {
        let (export, infer) = try exportAndInfer("model.prompter=null")
        #expect(
            export.status == 2 && export.errors.contains("a model without prompter has no text"),
            "\(export.errors)")
        #expect(
            infer.status == 2 && infer.errors.contains("a model without prompter has no score map"),
            "\(infer.errors)")
    }

    /// Trains one iteration with `setting`; what exporting this model gives, and inference with
    /// class names of its own.
    private func exportAndInfer(_ setting: String) throws -> (
        export: ProcessResult, infer: ProcessResult
    ) {
        try withRun { folder in
            let options = ["--set", setting]
            let train = try runDensekit(
                ["train", "run.yaml", "--work-dir", "w", "--set", "train.iterations=1"] + options,
                in: folder)
            #expect(train.status == 0, "\(train.errors)")
            let export = try runDensekit(
                ["export", "run.yaml", "w/iter_1", "small.safetensors"] + options, in: folder)
            let image = "data/images/validation/4.jpg"
            let infer = try runDensekit(
                ["infer", "run.yaml", "w/iter_1", image, "--classes", "sky,sea"] + options,
                in: folder)
            return (export, infer)
        }
    }
}
