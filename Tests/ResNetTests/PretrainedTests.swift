import DenseKitCore
import PublishedWeights
import SmallModels
import Testing

@testable import DenseKitResNet

private func build(_ settings: String) throws -> any Backbone {
    try makeBackbone("{type: ResNet, \(settings)}", ResNetPlugin())
}

/// A list, the network it belongs to, and what is reported.
private let table: [(list: String, settings: String, report: String)] = [
    (
        "torchvision_resnet18", "depth: 18",
        "model tensors: filled 120, not filled 0, other shape 0; file tensors: used 120, not needed 2, without place 0 (read as torchvision or timm ResNet)"
    ),
    (
        "torchvision_resnet50", "depth: 50",
        "model tensors: filled 318, not filled 0, other shape 0; file tensors: used 318, not needed 2, without place 0 (read as torchvision or timm ResNet)"
    ),
    (
        "timm_resnet50c", "stem: v1c",
        "model tensors: filled 330, not filled 0, other shape 0; file tensors: used 330, not needed 2, without place 0 (read as timm ResNet-C)"
    ),
    (
        "moco_v2_r50", "depth: 50",
        "model tensors: filled 318, not filled 0, other shape 0; file tensors: used 318, not needed 328, without place 0 "
            + "(read as MoCo v2, without 'module.')"
    ),
    (
        "densecl_r50", "depth: 50",
        "model tensors: filled 318, not filled 0, other shape 0; file tensors: used 318, not needed 656, without place 0 (read as DenseCL, mmsegmentation or mmdetection)"
    ),
    (
        "mmseg_1x_fpn_r50", "stem: v1c",
        "model tensors: filled 330, not filled 0, other shape 0; file tensors: used 330, not needed 68, without place 0 (read as DenseCL, mmsegmentation or mmdetection)"
    ),
]

@Test("Published ResNets load by their own names", arguments: table)
func published(list: String, settings: String, report: String) throws {
    let network = try build(settings)
    let file = try PublishedWeights.load(list)
    #expect("\(try network.loadPretrained(file, source: list))" == report)
    // Nothing is left as it was, and nothing went to two places.
    let values = try network.namedTensors().map { try $0.tensor.detached().amax().item() }
    #expect(Set(values).count == values.count)
}

@Test("What DenseCL publishes, its backbone alone, is read as it is")
func extracted() throws {
    let behind = "backbone."
    let file = try PublishedWeights.load("densecl_r50").filter { $0.key.hasPrefix(behind) }
    let bare = Dictionary(
        uniqueKeysWithValues: file.map { (String($0.key.dropFirst(behind.count)), $0.value) })
    let report = try build("depth: 50").loadPretrained(bare, source: "densecl")
    #expect(
        "\(report)"
            == "model tensors: filled 318, not filled 0, other shape 0; file tensors: used 318, not needed 0, without place 0"
    )
}

@Test("MoCo is read whether or not its wrapper's name was dropped, and its query encoder is taken")
func query() throws {
    let file = try PublishedWeights.load("moco_v2_r50")
    let network = try build("depth: 50")
    let weight = try #require(
        network.namedTensors().first { $0.name == "layer4.2.conv3.weight" }?.tensor)
    let expected = try #require(file["module.encoder_q.layer4.2.conv3.weight"]).amax().item()
    for drop in [0, "module.".count] {
        try withoutGrad { _ = try weight.fillInPlace(0) }
        let renamed = Dictionary(
            uniqueKeysWithValues: file.map { (String($0.key.dropFirst(drop)), $0.value) })
        #expect(try network.loadPretrained(renamed, source: "moco").matched.count == 318)
        #expect(try weight.detached().amax().item() == expected)
    }
}

@Test("The deep stem of timm: each layer at its place")
func deepStem() throws {
    let file = try PublishedWeights.load("timm_resnet50c")
    let network = try build("stem: v1c")
    try network.loadPretrained(file, source: "timm")
    let own = Dictionary(
        uniqueKeysWithValues: try network.namedTensors().map { ($0.name, $0.tensor) })
    for (ours, theirs) in [
        ("stem.0.weight", "conv1.0.weight"), ("stem.1.bias", "conv1.1.bias"),
        ("stem.3.weight", "conv1.3.weight"),
        ("stem.4.running_mean", "conv1.4.running_mean"), ("stem.6.weight", "conv1.6.weight"),
        ("stem.7.bias", "bn1.bias"),
    ] {
        #expect(try own[ours]?.detached().amax().item() == file[theirs]?.amax().item(), "\(ours)")
    }
}

@Test(
    "Files of other models are refused",
    arguments: [
        (
            "torchvision_resnet18", "depth: 50",
            "W: does not fit the model: model tensors: filled 97, not filled 165, other shape 23; file tensors: used 97, not needed 2, without "
                + "place 0 (read as torchvision or timm ResNet)\n",
            "\nThese are the weights of another model, or of another class list: use the config they were trained with"
        ),
        (
            "openai_clip_rn50", "depth: 50",
            "W: does not fit the model: model tensors: filled 313, not filled 0, other shape 5; ",
            "ignore: [visual.attnpool, visual.bn2, visual.bn3, visual.conv2, visual.conv3]}`"
        ),
        (
            "openai_clip_vit_b16", "depth: 50",
            "W: does not fit the model: model tensors: filled 0, not filled 264, other shape 1; ",
            "\nThese are the weights of another model, or of another class list: use the config they were trained with"
        ),
    ])
func others(list: String, settings: String, beginning: String, end: String) throws {
    let network = try build(settings)
    let before = try network.namedTensors().map { try $0.tensor.detached().amax().item() }
    let error = try #require(throws: LoadError.self) {
        try network.loadPretrained(PublishedWeights.load(list), source: "W")
    }
    #expect("\(error)".hasPrefix(beginning), "\(error)")
    #expect("\(error)".hasSuffix(end), "\(error)")
    #expect(try network.namedTensors().map { try $0.tensor.detached().amax().item() } == before)
}

/// Files of other variants: a list, the network, the report's counts, and what is advised.
private let variants: [(list: String, settings: String, lines: [String])] = [
    (
        "torchvision_resnet50", "stem: v1c",
        [
            "W: does not fit the model: model tensors: filled 312, not filled 15, other shape 0; file tensors: used 312, not needed 2, "
                + "without place 6 (read as torchvision or timm ResNet)",
            "  not filled: stem.*.weight (6), stem.*.bias (3), stem.*.running_mean (3), stem.*.running_var (3)",
            "  without place in the model: bn1.bias, bn1.num_batches_tracked, bn1.running_mean, bn1.running_var, bn1.weight, conv1.weight",
            "The file holds another variant of this model (6 tensors of the file without place in it, 15 tensors of the model would stay at "
                + "random): use the model that these weights belong to. To take the rest all the same, which is no longer what they were trained to "
                + "compute, say `weights: {file: …, reinitialize: [stem], ignore: [bn1, conv1]}`",
        ]
    ),
    (
        "timm_resnet50c", "stem: plain",
        ["  without place in the model: conv1.*.weight (5), conv1.*.bias (2), "]
    ),
    ("timm_resnet50d", "stem: v1c", ["layer2.0.downsample.2.bias"]),
    (
        "timm_seresnet50", "depth: 50",
        ["  without place in the model: layer1.*.se.fc1.bias (3), ", "ignore: [layer1.*.se, "]
    ),
]

@Test(
    "Other variants of the network are refused with what has no place and what would stay at random",
    arguments: variants)
func refusedVariants(list: String, settings: String, lines: [String]) throws {
    let network = try build(settings)
    let before = try network.namedTensors().map { try $0.tensor.detached().amax().item() }
    let error = try #require(throws: LoadError.self) {
        try network.loadPretrained(PublishedWeights.load(list), prefix: "backbone", source: "W")
    }
    for line in lines { #expect("\(error)".contains(line), "\(error)") }
    #expect(try network.namedTensors().map { try $0.tensor.detached().amax().item() } == before)
}

@Test(
    "A plain stem goes into a deep one with nothing of it misplaced, where the user asks for the rest"
)
func askedVariant() throws {
    let network = try build("stem: v1c")
    let last = try #require(network.namedTensors().first { $0.name == "stem.7.weight" }?.tensor)
    let before = try last.detached().floats()
    let file = try PublishedWeights.load("torchvision_resnet50")
    let report = try network.loadPretrained(
        file, prefix: "backbone", reinitialize: ["stem"], ignore: ["conv1", "bn1"], source: "W")
    #expect(report.matched.count == 312 && report.leftOut.count == 6 && report.unexpected.isEmpty)
    #expect(try last.detached().floats() == before)
    #expect(
        report.warnings == [
            "6 tensors of the file left out, as ignore says; without them the model computes something else than it was trained to: "
                + "bn1.bias, bn1.num_batches_tracked, bn1.running_mean, bn1.running_var, bn1.weight, conv1.weight"
        ])
    let idle = try #require(throws: SettingError.self) {
        try network.loadPretrained(file, ignore: ["bn2"], source: "W")
    }
    #expect(
        idle.description
            == "ignore: no key of the file begins with 'bn2'; they begin with: bn1, conv1, fc, layer1, layer2, layer3, layer4"
    )
}

@Test("A norm without its statistics would stay at random, and the file is refused")
func withoutStatistics() throws {
    let file = try PublishedWeights.load("torchvision_resnet50").filter {
        !$0.key.hasSuffix("bn1.running_var")
    }
    let network = try build("depth: 50")
    let error = try #require(throws: LoadError.self) {
        try network.loadPretrained(file, source: "W")
    }
    #expect(error.report.wanting.count == 17 && error.report.unplaced.isEmpty)
    #expect("\(error)".contains("(17 tensors of the model would stay at random)"))
    // With a smaller share they keep their initial values, with a warning.
    let report = try network.loadPretrained(file, atLeast: 0.8, source: "W")
    #expect(
        report.warnings.count == 1
            && report.warnings[0].hasPrefix(
                "not filled by the file, and left at their initial values: 17 tensors: ")
    )
}

@Test(
    "What wrappers and whole models put before the keys is passed over and named",
    arguments: [
        ("module.", "this project's names without 'module.'"),
        ("module.module.", "this project's names without 'module.'"),
        ("_orig_mod.module.", "this project's names without '_orig_mod.', 'module.'"),
        ("backbone.", "the part 'backbone' of a whole model"),
        ("module.backbone.", "the part 'backbone' of a whole model, without 'module.'"),
        ("model.backbone.", "the part 'backbone' of a whole model, behind 'model.'"),
        ("encoder.", "this project's names behind 'encoder.'"),
        (
            "state_dict.net._forward_module.model.",
            "this project's names behind 'state_dict.net.model.', without '_forward_module.'"
        ),
        ("ema.student.", "this project's names behind 'ema.student.'"),
        ("backbone.body.", "this project's names behind 'backbone.body.'"),
    ])
func prefixes(prefix: String, format: String) throws {
    let file = try PublishedWeights.load("torchvision_resnet18").filter { !$0.key.hasPrefix("fc.") }
    let network = try build("depth: 18")
    let renamed = Dictionary(uniqueKeysWithValues: file.map { (prefix + $0.key, $0.value) })
    let report = try network.loadPretrained(
        renamed.merging(["neck.weight": Tensor.zeros([1])]) { $1 }, prefix: "backbone",
        ignore: ["neck"], source: "W")
    #expect(report.matched.count == 120 && report.missing.isEmpty && report.unexpected.isEmpty)
    #expect(report.format == format)
}

@Test("Wrappers within the keys are passed over")
func inner() throws {
    let file = try PublishedWeights.load("torchvision_resnet18")
    let renamed = Dictionary(
        uniqueKeysWithValues: file.map { key, value in
            (
                key.replacing("layer1.0.", with: "layer1.0._checkpoint_wrapped_module.").replacing(
                    "conv1.", with: "conv1.module."), value
            )
        })
    let report = try build("depth: 18").loadPretrained(renamed, source: "W")
    #expect(
        report.matched.count == 120
            && report.format
                == "torchvision or timm ResNet, without '_checkpoint_wrapped_module.', 'module.'"
    )
}

@Test("A file that holds the network twice is refused, until the user says which")
func twice() throws {
    let one = try PublishedWeights.load("torchvision_resnet18")
    var file: [String: Tensor] = [:]
    for (key, value) in one {
        file["module.student.backbone." + key] = value
        file["module.teacher.backbone." + key] = try value + 1000
    }
    let network = try build("depth: 18")
    let error = try #require(throws: SettingError.self) {
        try network.loadPretrained(file, prefix: "backbone", source: "W")
    }
    #expect(
        error.description
            == "the file holds these tensors more than once, behind 'student.' and behind 'teacher.': choose one with "
            + "`weights: {file: …, prefix: student}`")
    for name in ["teacher", "module.teacher", "teacher.backbone", "teacher."] {
        let report = try network.loadPretrained(file, prefix: "backbone", behind: name, source: "W")
        #expect(report.matched.count == 120)
        let conv = try #require(network.namedTensors().first { $0.name == "conv1.weight" }?.tensor)
        #expect(try conv.detached().amax().item() >= 1000)
    }
    let lost = try #require(throws: SettingError.self) {
        try network.loadPretrained(file, behind: "ema", source: "W")
    }
    #expect(
        lost.description
            == "prefix: no tensor's key begins with 'ema.'; they begin with: student., teacher.")
}
