import DenseKitCore
import PublishedWeights
import Testing

@testable import DenseKitSwin

/// A list, the network it belongs to, and the first line of the report. The norms of the outputs
/// are in no classifier's file.
private let table: [(list: String, settings: String, report: String)] = [
    (
        "microsoft_swin_tiny", "variant: tiny",
        "model tensors: filled 169, not filled 8, other shape 0; file tensors: used 169, not needed 21, without place 0 (read as Swin Transformer)"
    ),
    (
        "microsoft_swin_base_384", "variant: base, window_size: 7",
        "model tensors: filled 325, not filled 8, other shape 0, resized 24; file tensors: used 325, not needed 39, without place 0 (read as Swin Transformer)"
    ),
    (
        "timm_swin_tiny", "variant: tiny",
        "model tensors: filled 169, not filled 8, other shape 0; file tensors: used 169, not needed 4, without place 0 (read as timm Swin)"
    ),
    (
        "torchvision_swin_t", "variant: tiny",
        "model tensors: filled 169, not filled 8, other shape 0; file tensors: used 169, not needed 16, without place 0 (read as torchvision Swin)"
    ),
    (
        "mmseg_1x_upernet_swin_t", "variant: tiny",
        "model tensors: filled 177, not filled 0, other shape 0; file tensors: used 177, not needed 94, without place 0 (read as the part 'backbone' of a whole model)"
    ),
]

@Test("Published Swins load by their own names", arguments: table)
func published(list: String, settings: String, report: String) throws {
    let network = try build("{type: Swin, \(settings)}")
    let found = try network.loadPretrained(
        PublishedWeights.load(list), prefix: "backbone", source: list)
    #expect("\(found)".split(separator: "\n").first.map(String.init) == report)
    #expect(found.missing.allSatisfy { $0.wholeMatch(of: /norm[0-3]\.(weight|bias)/) != nil })
    // Nothing is left as it was, and nothing went to two places.
    let values = try network.namedTensors().filter { !found.missing.contains($0.name) }.map {
        try $0.tensor.detached().amax().item()
    }
    #expect(Set(values).count == values.count)
}

@Test(
    "Each tensor at its place",
    arguments: [
        (
            "microsoft_swin_tiny",
            [
                "patch_embed.projection.bias": "patch_embed.proj.bias",
                "patch_embed.norm.weight": "patch_embed.norm.weight",
                "stages.2.blocks.5.attn.w_msa.qkv.weight": "layers.2.blocks.5.attn.qkv.weight",
                "stages.2.blocks.5.attn.w_msa.relative_position_bias_table":
                    "layers.2.blocks.5.attn.relative_position_bias_table",
                "stages.3.blocks.1.ffn.layers.0.0.bias": "layers.3.blocks.1.mlp.fc1.bias",
                "stages.3.blocks.1.ffn.layers.1.weight": "layers.3.blocks.1.mlp.fc2.weight",
                "stages.0.downsample.reduction.weight": "layers.0.downsample.reduction.weight",
            ]
        ),
        (
            "timm_swin_tiny",
            [
                "stages.1.blocks.1.norm2.bias": "layers.1.blocks.1.norm2.bias",
                "stages.0.downsample.norm.bias": "layers.1.downsample.norm.bias",
                "stages.2.downsample.reduction.weight": "layers.3.downsample.reduction.weight",
            ]
        ),
        (
            "torchvision_swin_t",
            [
                "patch_embed.projection.weight": "features.0.0.weight",
                "patch_embed.norm.bias": "features.0.2.bias",
                "stages.2.blocks.4.attn.w_msa.proj.bias": "features.5.4.attn.proj.bias",
                "stages.2.blocks.4.ffn.layers.0.0.weight": "features.5.4.mlp.0.weight",
                "stages.2.blocks.4.ffn.layers.1.bias": "features.5.4.mlp.3.bias",
                "stages.2.downsample.norm.weight": "features.6.norm.weight",
            ]
        ),
    ])
func places(list: String, pairs: [String: String]) throws {
    let file = try PublishedWeights.load(list)
    let network = try build("{type: Swin}")
    try network.loadPretrained(file, source: list)
    let own = Dictionary(
        uniqueKeysWithValues: try network.namedTensors().map { ($0.name, $0.tensor) })
    for (ours, theirs) in pairs {
        #expect(try own[ours]?.detached().amax().item() == file[theirs]?.amax().item(), "\(ours)")
    }
}

@Test(
    "The inputs of patch merging change from column, row, channel to channel, row, column; mmsegmentation's stay"
)
func reordered() throws {
    let network = try build("{type: Swin}")
    func loaded(_ list: String, _ norm: String) throws -> [Float] {
        var file = try PublishedWeights.load(list)
        // Channel c at row y and column x is 100 c + 10 y + x.
        let values = (0..<384).map { (index: Int) -> Float in
            let place = index / 96
            let channel = index % 96
            return Float(100 * channel + 10 * (place % 2) + place / 2)
        }
        file[norm] = try Tensor.from(values)
        try network.loadPretrained(file, prefix: "backbone", source: list)
        let tensor = try #require(
            try network.namedTensors().first { $0.name == "stages.0.downsample.norm.bias" }?.tensor)
        return try tensor.detached().floats()
    }
    let expected = (0..<384).map { (index: Int) -> Float in
        let channel = index / 4
        let row = index / 2 % 2
        let column = index % 2
        return Float(100 * channel + 10 * row + column)
    }
    #expect(try loaded("microsoft_swin_tiny", "layers.0.downsample.norm.bias") == expected)
    #expect(try loaded("timm_swin_tiny", "layers.1.downsample.norm.bias") == expected)
    #expect(try loaded("torchvision_swin_t", "features.2.norm.bias") == expected)
    #expect(
        try loaded("mmseg_1x_upernet_swin_t", "backbone.stages.0.downsample.norm.bias") != expected)
    // A matrix is reordered along its inputs.
    var file = try PublishedWeights.load("timm_swin_tiny")
    let rows = try Tensor.arange(to: 192, dtype: .float32).reshaped([192, 1]) * 1000
    file["layers.1.downsample.reduction.weight"] =
        try rows + Tensor.arange(to: 384, dtype: .float32)
    try network.loadPretrained(file, source: "timm")
    let matrix = try #require(
        try network.namedTensors().first { $0.name == "stages.0.downsample.reduction.weight" }?
            .tensor)
    let row = try matrix.detached().selected(0, 2).floats()
    let inputs = (0..<384).map { (index: Int) -> Float in
        let channel = index / 4
        let row = index / 2 % 2
        let column = index % 2
        return Float(2000 + channel + 96 * row + 192 * column)
    }
    #expect(row == inputs)
}

@Test("Biases of another window are resized bicubically, each head by itself")
func windows() throws {
    let attention = try Swin.WindowAttention(4, heads: 2, window: 3)
    let file = try Tensor.randomNormal([9, 2], generator: RandomGenerator(seed: 1))
    let found = try #require(
        try attention.adapted(file, "relative_position_bias_table", to: [25, 2]))
    for head in 0..<2 {
        let square = try file.transposed(0, 1).contiguous().selected(0, head).reshaped([1, 1, 3, 3])
        let expected = try square.interpolated(to: 5, .bicubic()).flattened()
        #expect(
            try distance(found.transposed(0, 1).contiguous().selected(0, head), expected) < 1e-6)
    }
    for rows in [0, 4, 8, 10, 16] {  // no square, or no odd one
        #expect(
            try attention.adapted(
                Tensor.zeros([rows, 2]), "relative_position_bias_table", to: [25, 2]) == nil)
    }
    #expect(
        try attention.adapted(Tensor.zeros([9, 3]), "relative_position_bias_table", to: [25, 2])
            == nil)
    #expect(try attention.adapted(Tensor.zeros([9, 2]), "qkv.weight", to: [25, 2]) == nil)
}

@Test(
    "Files of other sizes are refused, and nothing is changed",
    arguments: [
        (
            "microsoft_swin_base_384", "variant: tiny",
            "W: does not fit the model: model tensors: filled 0, not filled 8"
        ),
        (
            "microsoft_swin_tiny", "variant: small",
            "W: does not fit the model: model tensors: filled 169, not filled 164, other shape 0; file tensors: used 169, not needed 21, without place 0 (read as Swin Transformer)\n"
        ),
        (
            "torchvision_resnet50", "variant: tiny",
            "W: does not fit the model: model tensors: filled 0"
        ),
    ])
func others(list: String, settings: String, beginning: String) throws {
    let network = try build("{type: Swin, \(settings)}")
    let before = try network.namedTensors().map { try $0.tensor.detached().amax().item() }
    let error = try #require(throws: LoadError.self) {
        try network.loadPretrained(PublishedWeights.load(list), source: "W")
    }
    #expect("\(error)".hasPrefix(beginning), "\(error)")
    #expect(try network.namedTensors().map { try $0.tensor.detached().amax().item() } == before)
}

@Test(
    "Keys that lead nowhere are passed over",
    arguments: [
        "layers", "layers.x.blocks.0.norm1.weight",
        "layers.-9223372036854775808.downsample.norm.weight", "layers.1.downsample",
        "layers.1.blocks.0", "features.9.0.norm1.weight", "features.0.1.weight",
        "features.1.0.mlp.7.weight", "features.1.0.mlp",
        "features..0.a", "", ".", "layers....",
    ])
func strangeKeys(key: String) throws {
    let known = Set(try build("{type: Swin}").namedTensors().map(\.name))
    for format in Swin.weightFormats {
        #expect(format.key(key).map { !known.contains($0) } ?? true)
    }
}

@Test("The backbones of Swin's own detectors and segmentors load, norms of the outputs included")
func detectors() throws {
    let released = try PublishedWeights.load("microsoft_swin_tiny").filter {
        !$0.key.hasPrefix("head.") && !$0.key.hasPrefix("norm.")
    }
    var file = Dictionary(uniqueKeysWithValues: released.map { ("backbone." + $0.key, $0.value) })
    for stage in 0..<4 {
        for kind in ["weight", "bias"] {
            file["backbone.norm\(stage).\(kind)"] = try Tensor.full(
                [96 << stage], 5000 + Double(stage))
        }
    }
    for key in [
        "neck.fpn_convs.0.conv.weight", "rpn_head.rpn_conv.weight",
        "roi_head.bbox_head.fc_cls.weight",
    ] {
        file[key] = try Tensor.zeros([2])
    }
    let network = try build("{type: Swin}")
    let report = try network.loadPretrained(
        file, prefix: "backbone", source: "mask_rcnn_swin_tiny.pth")
    #expect(report.matched.count == 177 && report.missing.isEmpty && report.unexpected.isEmpty)
    #expect(report.format == "Swin Transformer, behind 'backbone.'")
    let norm = try #require(try network.namedTensors().first { $0.name == "norm2.bias" }?.tensor)
    #expect(try norm.detached().amax().item() == 5002)
}

@Test("Swin V2 and absolute positions are refused")
func relatives() throws {
    let network = try build("{type: Swin}")
    let error = try #require(throws: LoadError.self) {
        try network.loadPretrained(
            PublishedWeights.load("timm_swinv2_tiny"), prefix: "backbone", source: "W")
    }
    #expect(error.report.unplaced.contains("layers.0.blocks.0.attn.logit_scale"), "\(error)")
    var file = try PublishedWeights.load("microsoft_swin_tiny")
    file["absolute_pos_embed"] = try Tensor.zeros([1, 3136, 96])
    let other = try #require(throws: LoadError.self) {
        try network.loadPretrained(file, prefix: "backbone", source: "W")
    }
    #expect(other.report.unplaced == ["absolute_pos_embed"])
}
