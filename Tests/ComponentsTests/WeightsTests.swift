import Checkpoints
import Foundation
import Testing

@testable import Components

private let end = "head: { type: TinyHead }"

/// Mistakes that are found where the model is built, before a file is opened.
private let mistakes: [(yaml: String, message: String)] = [
    (
        "backbone: { type: TinyNet, weights: { file: a.pth, at_least: 90 } }\n\(end)",
        "a.yaml:1:62: at_least: expected a share of 0…1, found 90.0"
    ),
    (
        "backbone: { type: TinyNet, weights: { file: a.pth, at_least: -0.1 } }\n\(end)",
        "a.yaml:1:62: at_least: expected a share of 0…1, found -0.1"
    ),
    (
        "backbone: { type: TinyNet, weights: { at_least: 1 } }\n\(end)",
        "a.yaml:1:37: backbone.weights: expected the path of a file of weights, as `weights: PATH` or `weights: {file: PATH}`"
    ),
    (
        "backbone: { type: TinyNet, weights: { path: a.pth } }\n\(end)",
        "a.yaml:1:39: unknown key 'path' in backbone.weights; its keys are file, reinitialize, at_least"
    ),
    (
        "backbone: { type: TinyNet, weights: '' }\n\(end)",
        "a.yaml:1:37: backbone.weights: expected a mapping, found the string ''"
    ),
    (
        "backbone: { type: TinyNet, weights: [a.pth] }\n\(end)",
        "a.yaml:1:37: backbone.weights: expected a mapping, found a list"
    ),
    (
        "backbone: { type: TinyNet }\nhead: { type: TinyHead, loss: { type: TinyLoss, weights: a.pth } }",
        "a.yaml:2:49: unknown key 'weights' of TinyLoss; did you mean 'weight'? (keys: weight)"
    ),
    (
        "backbone: { type: TinyNet }\n\(end)\nweights: { file: a.pth, at_least: 2 }",
        "a.yaml:3:35: at_least: expected a share of 0…1, found 2.0"
    ),
]

@Suite struct WeightsTests {
    @Test("Mistakes in weights are found where they stand", arguments: mistakes)
    func mistake(yaml: String, message: String) throws {
        let error = try #require(throws: (any Error).self) { try model(yaml) }
        #expect("\(error)" == message)
    }

    /// A folder with `net.safetensors`, a TinyNet's tensors behind `backbone.`, every element 1.
    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "densekit-tests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tensors = try model("backbone: { type: TinyNet }\n\(end)").namedTensors().filter { $0.name.hasPrefix("backbone.") }
        try TensorFile.save(
            tensors.map { ($0.name, try Tensor.full($0.tensor.shape, 1)) }, metadata: [:],
            to: folder.appending(path: "net.safetensors").path)
        try body(folder.path)
    }

    private func load(_ yaml: String, in folder: String) throws -> [(file: String, report: LoadReport)] {
        let configuration = try ModelConfiguration.decode(yaml: yaml, file: folder + "/a.yaml")
        let model = try DenseModel(configuration, BuildContext(registry: tinyRegistry(), classNames: ["road", "sky"]))
        return try model.loadPretrained(configuration)
    }

    @Test("A part takes its tensors of a whole model; the path belongs to the file that says it")
    func part() throws {
        try withFile { folder in
            let reports = try load("backbone: { type: TinyNet, weights: net.safetensors }\n\(end)", in: folder)
            #expect(reports.map(\.file) == ["\(folder)/net.safetensors"])
            #expect(
                "\(reports[0].report)"
                    == "matched 4, missing 0, unexpected 0, other shape 0 (read as the part 'backbone' of a whole model)")
            let whole = try load("backbone: { type: TinyNet }\n\(end)\nweights: net.safetensors", in: folder)
            #expect(
                whole[0].report.matched.count == 4
                    && whole[0].report.missing == ["decode_head.conv_seg.weight", "decode_head.conv_seg.bias"])
        }
    }

    @Test(
        "Files that cannot be read or do not fit name the place that asks for them",
        arguments: [
            (
                "backbone: { type: TinyNet, weights: lost.pth }\n\(end)",
                "F/a.yaml:1:37: weights: F/lost.pth: no such file or directory. Name a checkpoint directory, a .safetensors file, or a .pt or "
                    + ".pth file that PyTorch wrote"
            ),
            (
                "backbone: { type: TinyNet, weights: { file: net.safetensors, reinitialize: [conv] } }\n\(end)",
                "F/a.yaml:1:45: weights: reinitialize: no tensor's key begins with 'conv'; they begin with: convs"
            ),
            (
                "backbone: { type: TinyNet, channels: [4, 7], weights: net.safetensors }\n\(end)",
                """
                F/a.yaml:1:55: weights: F/net.safetensors does not fit the model: matched 2, missing 0, unexpected 0, other shape 2 \
                (read as the part 'backbone' of a whole model)
                  other shape: convs.1.weight (model [7, 3, 1, 1], file [6, 3, 1, 1]), convs.1.bias (model [7], file [6])
                These are the weights of another model, or of another class list: use the config they were trained with
                """
            ),
            (
                "backbone: { type: TinyNet, channels: [4, 6, 8], weights: net.safetensors }\n\(end)",
                """
                F/a.yaml:1:58: weights: F/net.safetensors does not fit the model: matched 4, missing 2, unexpected 0, other shape 0 \
                (read as the part 'backbone' of a whole model)
                  missing in the file: convs.2.weight, convs.2.bias
                Only 66 % of the tensors are there, 90 % are asked for: these may be the weights of another model; if not, say \
                `weights: {file: …, at_least: 0.66}`
                """
            ),
            (
                "backbone: { type: TinyNet }\nneck: { type: TinyNeck, weights: net.safetensors }\n\(end)",
                """
                F/a.yaml:2:34: weights: F/net.safetensors does not fit the model: matched 0, missing 4, unexpected 4, other shape 0
                  missing in the file: convs.0.weight, convs.0.bias, convs.1.weight, convs.1.bias
                  unexpected in the file: backbone.convs.0.bias, backbone.convs.0.weight, backbone.convs.1.bias, backbone.convs.1.weight
                These are the weights of another model, or of another class list: use the config they were trained with
                """
            ),
        ])
    func refused(yaml: String, message: String) throws {
        try withFile { folder in
            let error = try #require(throws: WeightsError.self) { try load(yaml, in: folder) }
            #expect("\(error)".replacing(folder, with: "F") == message)
        }
    }

    @Test("null takes away the weights that a base names")
    func null() throws {
        #expect(try load("backbone: { type: TinyNet, weights: null }\n\(end)\nweights: null", in: "/").isEmpty)
    }

    @Test("What is asked for is loaded: a smaller share, a layer begun anew")
    func asked() throws {
        try withFile { folder in
            let some =
                "backbone: { type: TinyNet, channels: [4, 6, 8], weights: { file: net.safetensors, at_least: 0.66 } }\n\(end)"
            let part = try load(some, in: folder)[0].report
            #expect(part.missing == ["convs.2.weight", "convs.2.bias"])
            let anew =
                "backbone: { type: TinyNet, channels: [4, 7], weights: { file: net.safetensors, reinitialize: [convs.1] } }\n\(end)"
            let kept = try load(anew, in: folder)[0].report
            #expect(kept.reinitialized == ["convs.1.weight", "convs.1.bias"] && kept.matched.count == 2)
        }
    }

    @Test(
        "A setting is written as short as it was read",
        arguments: [
            ("weights: a.pth\n", "weights: a.pth\n"),
            ("weights: {file: a.pth, at_least: 0.9}\n", "weights: a.pth\n"),
            (
                "weights: {file: a.pth, at_least: 0.5, reinitialize: [b]}\n",
                "weights:\n  file: a.pth\n  reinitialize: [b]\n  at_least: 0.5\n"
            ),
        ])
    func written(yaml: String, expected: String) throws {
        struct Root: Configuration { var weights: WeightsSetting? }
        #expect(try Node(encoding: try Root.decode(yaml: yaml)).yaml() == expected)
    }
}
