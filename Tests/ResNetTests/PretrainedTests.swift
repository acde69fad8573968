import DenseKit
import PublishedWeights
import Testing

@testable import ResNet

private func build(_ settings: String) throws -> any Backbone {
    let registry = try Registry([ResNetPlugin()])
    struct Root: Configuration { var backbone: ComponentNode? }
    let node = try #require(try Node.parse("backbone: {type: ResNet, \(settings)}").decode(Root.self).backbone)
    return try registry.backbones.make(node, BuildContext(registry: registry))
}

/// A list, the network it belongs to, and what is reported.
private let table: [(list: String, settings: String, report: String)] = [
    (
        "torchvision_resnet18", "depth: 18",
        "matched 120, missing 0, unexpected 0, other shape 0, not needed 2 (read as torchvision or timm ResNet)"
    ),
    (
        "torchvision_resnet50", "depth: 50",
        "matched 318, missing 0, unexpected 0, other shape 0, not needed 2 (read as torchvision or timm ResNet)"
    ),
    (
        "timm_resnet50c", "stem: v1c",
        "matched 330, missing 0, unexpected 0, other shape 0, not needed 2 (read as timm ResNet-C)"
    ),
    ("moco_v2_r50", "depth: 50", "matched 318, missing 0, unexpected 0, other shape 0, not needed 328 (read as MoCo v2)"),
    (
        "densecl_r50", "depth: 50",
        "matched 318, missing 0, unexpected 0, other shape 0, not needed 656 (read as DenseCL, mmsegmentation or mmdetection)"
    ),
    (
        "mmseg_1x_fpn_r50", "stem: v1c",
        "matched 330, missing 0, unexpected 0, other shape 0, not needed 68 (read as DenseCL, mmsegmentation or mmdetection)"
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
    let bare = Dictionary(uniqueKeysWithValues: file.map { (String($0.key.dropFirst(behind.count)), $0.value) })
    let report = try build("depth: 50").loadPretrained(bare, source: "densecl")
    #expect("\(report)" == "matched 318, missing 0, unexpected 0, other shape 0")
}

@Test("MoCo is read whether or not its wrapper's name was dropped, and its query encoder is taken")
func query() throws {
    let file = try PublishedWeights.load("moco_v2_r50")
    let network = try build("depth: 50")
    let weight = try #require(network.namedTensors().first { $0.name == "layer4.2.conv3.weight" }?.tensor)
    let expected = try #require(file["module.encoder_q.layer4.2.conv3.weight"]).amax().item()
    for drop in [0, "module.".count] {
        try withoutGrad { _ = try weight.fillInPlace(0) }
        let renamed = Dictionary(uniqueKeysWithValues: file.map { (String($0.key.dropFirst(drop)), $0.value) })
        #expect(try network.loadPretrained(renamed, source: "moco").matched.count == 318)
        #expect(try weight.detached().amax().item() == expected)
    }
}

@Test("The deep stem of timm: each layer at its place")
func deepStem() throws {
    let file = try PublishedWeights.load("timm_resnet50c")
    let network = try build("stem: v1c")
    try network.loadPretrained(file, source: "timm")
    let own = Dictionary(uniqueKeysWithValues: try network.namedTensors().map { ($0.name, $0.tensor) })
    for (ours, theirs) in [
        ("stem.0.weight", "conv1.0.weight"), ("stem.1.bias", "conv1.1.bias"), ("stem.3.weight", "conv1.3.weight"),
        ("stem.4.running_mean", "conv1.4.running_mean"), ("stem.6.weight", "conv1.6.weight"), ("stem.7.bias", "bn1.bias"),
    ] {
        #expect(try own[ours]?.detached().amax().item() == file[theirs]?.amax().item(), "\(ours)")
    }
}

@Test(
    "Files of other models are refused",
    arguments: [
        (
            "torchvision_resnet18", "depth: 50",
            "W does not fit the model: matched 97, missing 165, unexpected 0, other shape 23, not needed 2 (read as torchvision or timm ResNet)\n"
        ),
        ("openai_clip_rn50", "depth: 50", "W does not fit the model: matched 0"),
    ])
func others(list: String, settings: String, beginning: String) throws {
    let network = try build(settings)
    let before = try network.namedTensors().map { try $0.tensor.detached().amax().item() }
    let error = try #require(throws: LoadError.self) {
        try network.loadPretrained(try PublishedWeights.load(list), source: "W")
    }
    #expect("\(error)".hasPrefix(beginning), "\(error)")
    let end = "\nThese are the weights of another model, or of another class list: use the config they were trained with"
    #expect("\(error)".hasSuffix(end), "\(error)")
    #expect(try network.namedTensors().map { try $0.tensor.detached().amax().item() } == before)
}
