import DenseKitCheckpoints
import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitComponents

/// A file of PyTorch with one tensor, of complex numbers.
private let complexFile = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .appending(path: "Goldens/torch_files/complex.pth").path

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
        "a.yaml:1:39: unknown key 'path' in backbone.weights; its keys are file, prefix, reinitialize, ignore, at_least"
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
        let folder = try TemporaryFolder()
        let tensors = try model("backbone: { type: TinyNet }\n\(end)").namedTensors().filter {
            $0.name.hasPrefix("backbone.")
        }
        try TensorFile.save(
            tensors.map { ($0.name, try Tensor.full($0.tensor.shape, 1)) }, metadata: [:],
            to: folder.file("net.safetensors"))
        try body(folder.path)
    }

    private func load(_ yaml: String, in folder: String) throws -> [(
        file: String, report: LoadReport
    )] {
        let configuration = try ModelConfiguration.decode(yaml: yaml, file: folder + "/a.yaml")
        let model = try DenseModel(
            configuration, BuildContext(registry: tinyRegistry(), classNames: ["road", "sky"]))
        return try model.loadPretrained(configuration)
    }

    @Test("A part takes its tensors of a whole model; the path belongs to the file that says it")
    func part() throws {
        try withFile { folder in
            let reports = try load(
                "backbone: { type: TinyNet, weights: net.safetensors }\n\(end)", in: folder)
            #expect(reports.map(\.file) == ["\(folder)/net.safetensors"])
            #expect(
                "\(reports[0].report)"
                    == "model tensors: filled 4, not filled 0, other shape 0; file tensors: used 4, not needed 0, without place 0 (read as the part 'backbone' of a whole model)"
            )
            let whole = try load(
                "backbone: { type: TinyNet }\n\(end)\nweights: net.safetensors", in: folder)
            #expect(
                whole[0].report.matched.count == 4
                    && whole[0].report.missing == [
                        "decode_head.conv_seg.weight", "decode_head.conv_seg.bias",
                    ])
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
                F/a.yaml:1:55: weights: F/net.safetensors: does not fit the model: model tensors: filled 2, not filled 0, other shape 2; file tensors: used 2, not needed 0, without place 0 \
                (read as the part 'backbone' of a whole model)
                  other shape: convs.1.weight (model [7, 3, 1, 1], file [6, 3, 1, 1]), convs.1.bias (model [7], file [6])
                These are the weights of another model, or of another class list: use the config they were trained with
                """
            ),
            (
                "backbone: { type: TinyNet, channels: [4, 6, 8], weights: net.safetensors }\n\(end)",
                """
                F/a.yaml:1:58: weights: F/net.safetensors: does not fit the model: model tensors: filled 4, not filled 2, other shape 0; file tensors: used 4, not needed 0, without place 0 \
                (read as the part 'backbone' of a whole model)
                  not filled: convs.2.weight, convs.2.bias
                The file holds another variant of this model (2 tensors of the model would stay at random): use the model that these \
                weights belong to. To take the rest all the same, which is no longer what they were trained to compute, say \
                `weights: {file: …, reinitialize: [convs.2]}`
                """
            ),
            (
                "backbone: { type: TinyNet }\nneck: { type: TinyNeck, weights: net.safetensors }\n\(end)",
                """
                F/a.yaml:2:34: weights: F/net.safetensors: does not fit the model: model tensors: filled 0, not filled 4, other shape 0; file tensors: used 0, not needed 0, without place 4
                  not filled: convs.*.weight (2), convs.*.bias (2)
                  without place in the model: backbone.convs.*.bias (2), backbone.convs.*.weight (2)
                No tensor of the file has a place in this model: these are the weights of another one, or under names that are not known \
                here; docs/weights.md lists those that are
                """
            ),
        ])
    func refused(yaml: String, message: String) throws {
        try withFile { folder in
            let error = try #require(throws: WeightsError.self) { try load(yaml, in: folder) }
            #expect("\(error)".replacing(folder, with: "F") == message)
        }
    }

    /// The model's tensors, and more beside them, saved as `more.safetensors`.
    private func save(_ more: [String], behind prefix: String = "", in folder: String) throws {
        let configuration = try ModelConfiguration.decode(
            yaml: "backbone: { type: TinyNet }\n\(end)")
        let own = try DenseModel(
            configuration, BuildContext(registry: tinyRegistry(), classNames: ["road", "sky"])
        )
        .namedTensors()
        try TensorFile.save(
            own.map { (prefix + $0.name, try Tensor.full($0.tensor.shape, 1)) }
                + more.map { ($0, try Tensor.zeros([2])) },
            metadata: [:], to: folder + "/more.safetensors")
    }

    @Test(
        "A tensor without place in a part that the model has refuses the file; parts that the model lacks are named"
    )
    func withoutPlace() throws {
        try withFile { folder in
            try save(
                [
                    "backbone.convs.0.gate.weight", "backbone.convs.1.gate.weight",
                    "text_encoder.ln.weight",
                ], in: folder)
            let whole = "backbone: { type: TinyNet }\n\(end)\nweights: "
            let error = try #require(throws: WeightsError.self) {
                try load(whole + "more.safetensors", in: folder)
            }
            #expect(
                "\(error)".replacing(folder, with: "F") == """
                    F/a.yaml:3:10: weights: F/more.safetensors: does not fit the model: model tensors: filled 6, not filled 0, other shape 0; \
                    file tensors: used 6, not needed 0, without place 3
                      without place in the model: backbone.convs.*.gate.weight (2), text_encoder.ln.weight
                    The file holds another variant of this model (2 tensors of the file without place in it): use the model that these \
                    weights belong to. To take the rest all the same, which is no longer what they were trained to compute, say \
                    `weights: {file: …, ignore: [backbone.convs.*.gate]}`
                    """)
            let asked = try load(
                whole + "{ file: more.safetensors, ignore: [backbone.convs.*.gate] }", in: folder)[
                    0
                ].report
            #expect(
                "\(asked)" == """
                    model tensors: filled 6, not filled 0, other shape 0; file tensors: used 6, not needed 0, without place 1, left out 2
                      without place in the model: text_encoder.ln.weight
                      left out, as requested: backbone.convs.*.gate.weight (2)
                    """)
            #expect(
                asked.warnings == [
                    "2 tensors of the file left out, as ignore says; without them the model computes something else than it was trained to: "
                        + "backbone.convs.*.gate.weight (2)",
                    "1 tensor of the file without place in the model: text_encoder.ln.weight",
                ])
            // The part alone: what is not its own is of no use.
            let part =
                "backbone: { type: TinyNet, weights: { file: more.safetensors, ignore: ['*.convs.*.gate'] } }\n\(end)"
            #expect(try load(part, in: folder)[0].report.ignored == 3)
        }
    }

    @Test(
        "A component's file with one tensor more: part of an encoder or in a group with places, it refuses; else it is named",
        arguments: [
            ("gate", true), ("convs.7.weight", true), ("convs.0.scale", true),
            ("norm.weight", true), ("extra_conv.weight", true),
            ("layer5.0.x", true), ("reg_token", true), ("queue", false),
            ("prototypes.weight", false), ("freqs", false),
        ])
    func oneMore(key: String, isRefused: Bool) throws {
        let network = try TinyNet(TinyNet.Configuration(), BuildContext(registry: Registry()))
        for prefix in ["", "backbone.", "module.model."] {
            var file = Dictionary(
                uniqueKeysWithValues: try network.namedTensors().map {
                    (prefix + $0.name, $0.tensor)
                })
            file[prefix + key] = try Tensor.zeros([2])
            func load() throws -> LoadReport {
                try network.loadPretrained(file, prefix: "backbone", source: "W")
            }
            if isRefused {
                #expect(
                    try #require(throws: LoadError.self) { try load() }.report.unplaced == [
                        prefix + key
                    ])
            } else {
                let report = try load()
                #expect(
                    report.ignored == 0 && report.unexpected == [prefix + key]
                        && report.matched.count == 4)
                #expect(
                    report.warnings == [
                        "1 tensor of the file without place in the model: \(prefix)\(key)"
                    ])
            }
        }
    }

    @Test("A tensor that cannot be read refuses the file only where the model takes it")
    func unread() throws {
        let network = try TinyNet(TinyNet.Configuration(), BuildContext(registry: Registry()))
        let own = Dictionary(
            uniqueKeysWithValues: try network.namedTensors().map { ($0.name, $0.tensor) })
        let content = try WeightsFile.load(complexFile)
        let unread = try #require(content.unread["weight"])
        let report = try network.loadPretrained(
            own, prefix: "backbone", unread: ["freqs": unread], source: "W")
        #expect(report.matched.count == 4)
        #expect(
            report.unread == ["freqs (has element type complex64, which the engine does not have)"])
        var some = own
        some["convs.0.weight"] = nil
        let error = try #require(throws: CheckpointError.self) {
            try network.loadPretrained(
                some, prefix: "backbone", unread: ["convs.0.weight": unread], source: "W")
        }
        #expect(
            "\(error)"
                == "W: tensor \"convs.0.weight\" has element type complex64, which the engine does not have, and the model needs it. "
                + "Convert it to float32 with PyTorch.")
        // What is initialized again is not needed.
        let anew = try network.loadPretrained(
            some, prefix: "backbone", reinitialize: ["convs.0"], unread: ["convs.0.weight": unread],
            source: "W")
        #expect(anew.matched.count == 2)
    }

    @Test(
        "What stands before all keys is found and named, for a whole model and for a part",
        arguments: ["model.", "module.net.ema."])
    func prefixed(prefix: String) throws {
        try withFile { folder in
            try save(["optimizer.step"], behind: prefix, in: folder)
            let behind = prefix.replacing("module.", with: "")
            let note = "behind '\(behind)'" + (prefix == behind ? "" : ", without 'module.'")
            let whole = try load(
                "backbone: { type: TinyNet }\n\(end)\nweights: more.safetensors", in: folder)[0]
                .report
            #expect(
                "\(whole)"
                    == "model tensors: filled 6, not filled 0, other shape 0; file tensors: used 6, not needed 1, without place 0 "
                    + "(read as this project's names \(note))")
            let part = try load(
                "backbone: { type: TinyNet, weights: more.safetensors }\n\(end)", in: folder)[0]
                .report
            #expect(
                part.matched.count == 4
                    && part.format == "the part 'backbone' of a whole model, \(note)")
        }
    }

    @Test("null takes away the weights that a base names")
    func null() throws {
        #expect(
            try load("backbone: { type: TinyNet, weights: null }\n\(end)\nweights: null", in: "/")
                .isEmpty)
    }

    @Test("What is requested is loaded: a smaller share, a layer initialized again")
    func asked() throws {
        try withFile { folder in
            let some =
                "backbone: { type: TinyNet, channels: [4, 6, 8], weights: { file: net.safetensors, at_least: 0.66 } }\n\(end)"
            let part = try load(some, in: folder)[0].report
            #expect(part.missing == ["convs.2.weight", "convs.2.bias"])
            #expect(
                part.warnings == [
                    "not filled by the file, and left at their initial values: 2 tensors: convs.2.weight, convs.2.bias"
                ])
            let more =
                "backbone: { type: TinyNet, channels: [4, 6, 8], weights: { file: net.safetensors, reinitialize: ['convs.2'] } }\n\(end)"
            #expect(try load(more, in: folder)[0].report.warnings.isEmpty)
            let anew =
                "backbone: { type: TinyNet, channels: [4, 7], weights: { file: net.safetensors, reinitialize: [convs.1] } }\n\(end)"
            let kept = try load(anew, in: folder)[0].report
            #expect(
                kept.reinitialized == ["convs.1.weight", "convs.1.bias"] && kept.matched.count == 2)
        }
    }

    @Test(
        "A setting is written as short as it was read",
        arguments: [
            (
                "weights: {file: a.pth, prefix: ema, ignore: [x]}\n",
                "weights:\n  file: a.pth\n  prefix: ema\n  ignore: [x]\n"
            ),
            ("weights: a.pth\n", "weights: a.pth\n"),
            ("weights: {file: a.pth, at_least: 0.9}\n", "weights: a.pth\n"),
            (
                "weights: {file: a.pth, at_least: 0.5, reinitialize: [b]}\n",
                "weights:\n  file: a.pth\n  reinitialize: [b]\n  at_least: 0.5\n"
            ),
        ])
    func written(yaml: String, expected: String) throws {
        struct Root: YAMLConfiguration { var weights: WeightsSetting? }
        #expect(try YAMLNode(encoding: Root.decode(yaml: yaml)).yaml() == expected)
    }
}
