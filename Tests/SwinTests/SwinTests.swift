import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitSwin

@Suite struct SwinTests {
    /// timm's number of parameters; its classifier has 1000 classes, and it norms the last stage
    /// only.
    @Test(arguments: [
        ("tiny", 28_288_354, 768), ("small", 49_606_258, 768), ("base", 87_768_224, 1024),
    ])
    func parameterCounts(_ variant: String, _ total: Int, _ features: Int) throws {
        let network = try build("{type: Swin, variant: \(variant)}")
        let count = try network.namedParameters().reduce(0) { $0 + $1.tensor.count }
        #expect(count == total - 1000 * features - 1000 - 2 * features + 2 * (features / 8) * 15)
        #expect(network.outputs.map(\.channels) == [1, 2, 4, 8].map { $0 * features / 8 })
        #expect(network.outputs.map(\.stride) == [4, 8, 16, 32] && network.language == nil)
    }

    @Test func largeIsWidest() throws {
        let network = try build("{type: Swin, variant: large, depths: [1, 1, 1, 1]}")
        #expect(network.outputs.map(\.channels) == [192, 384, 768, 1536])
        let tables = try network.namedTensors().filter { $0.name.hasSuffix("bias_table") }
        #expect(tables.map(\.tensor.shape) == [[169, 6], [169, 12], [169, 24], [169, 48]])
    }

    @Test func keysAreMMSegmentations() throws {
        let names = try small().namedTensors().map(\.name)
        func layer(_ name: String) -> [String] { ["\(name).weight", "\(name).bias"] }
        #expect(
            Array(names.prefix(4)) == layer("patch_embed.projection") + layer("patch_embed.norm"))
        let block = "stages.2.blocks.1."
        let attention =
            [block + "attn.w_msa.relative_position_bias_table"] + layer(block + "attn.w_msa.qkv")
            + layer(block + "attn.w_msa.proj")
        #expect(
            names.filter { $0.hasPrefix(block) } == layer(block + "norm1") + attention
                + layer(block + "norm2")
                + layer(block + "ffn.layers.0.0") + layer(block + "ffn.layers.1"))
        #expect(
            names.filter { $0.contains("downsample") }
                == (0..<3).flatMap {
                    layer("stages.\($0).downsample.norm") + [
                        "stages.\($0).downsample.reduction.weight"
                    ]
                })
        #expect(names.suffix(8) == (0..<4).flatMap { layer("norm\($0)") })
    }

    /// Sizes are rounded up at every step, whatever the windows.
    @Test(arguments: [(64, 64), (62, 90), (33, 1), (1, 1), (31, 50), (113, 57)]) func sizes(
        _ height: Int, _ width: Int
    ) throws {
        let network = try small()
        let features = try network.evaluated(images(height, width))
        #expect(features.globalEmbedding == nil && features.languageMap == nil)
        var h = (height + 3) / 4
        var w = (width + 3) / 4
        for (map, spec) in zip(features.maps, network.outputs) {
            #expect(map.shape == [1, spec.channels, h, w])
            #expect(map.isChannelsLast)
            #expect(try map.isFinite())
            h = (h + 1) / 2
            w = (w + 1) / 2
        }
    }

    /// What is kept for one size does not leak into another.
    @Test func sizesTakeTurns() throws {
        let network = try small()
        try network.setTraining(false)
        try withoutGrad {
            let first = try network(images(40, 60)).maps
            for size in [(33, 97), (60, 40), (40, 60)] {
                let maps = try network(images(size.0, size.1)).maps
                let fresh = try small()
                try fresh.load(
                    Dictionary(
                        uniqueKeysWithValues: network.namedTensors().map { ($0.name, $0.tensor) }))
                try fresh.setTraining(false)
                for (a, b) in zip(maps, try fresh(images(size.0, size.1)).maps) {
                    #expect(try distance(a, b) < 1e-5)
                }
                if size == (40, 60) {
                    #expect(try zip(first, maps).allSatisfy { try distance($0, $1) < 1e-5 })
                }
            }
        }
    }

    @Test func everyParameterLearns() throws {
        let network = try small()
        let maps = try network(images(61, 45, count: 2)).maps
        try maps.map { try ($0 * $0 * $0).mean() }.reduce(Tensor.zeros([])) { try $0 + $1 }
            .backward()
        for entry in try network.namedParameters() {
            let gradient = try #require(entry.tensor.grad, "\(entry.name)")
            #expect(try gradient.isFinite() && gradient.abs().amax().item() > 0, "\(entry.name)")
        }
    }

    @Test func stochasticDepthGrowsAndActsInTrainingOnly() throws {
        let network = try build(
            "{type: Swin, embed_dims: 8, depths: [1, 2, 1, 1], num_heads: [1, 2, 4, 8], drop_path_rate: 0.8}"
        )
        let swin = try #require(network as? Swin)
        let rates = swin.stages.flatMap(\.blocks).map(\.dropPath.probability)
        #expect(
            zip(rates, [0, 0.2, 0.4, 0.6, 0.8]).allSatisfy { abs($0 - $1) < 1e-12 }
                && rates.count == 5)
        let image = try images(32, 32, count: 4)
        func passes() throws -> Double {
            try distance(network(image).maps[3], network(image).maps[3])
        }
        #expect(try passes() > 0)
        try network.setTraining(false)
        #expect(try withoutGrad { try passes() } < 1e-5)
    }

    @Test func savedAndLoaded() throws {
        let network = try small()
        let other = try small()
        for each in [network, other] { try each.setTraining(false) }
        try withoutGrad {
            let image = try images(50, 70)
            let maps = try network(image).maps
            #expect(try distance(maps[3], other(image).maps[3]) > 0.01)
            let state = Dictionary(
                uniqueKeysWithValues: try network.namedTensors().map { ($0.name, $0.tensor) })
            #expect(try other.load(state).isComplete)
            for (a, b) in zip(maps, try other(image).maps) { #expect(try distance(a, b) < 1e-5) }
        }
    }

    @Test(arguments: [
        ("embed_dims: 0", "embed_dims must be 1…8192, found 0"),
        ("embed_dims: 9223372036854775807", "embed_dims must be 1…8192, found 9223372036854775807"),
        ("window_size: 0", "window_size must be 1…64, found 0"),
        ("window_size: 65", "window_size must be 1…64, found 65"),
        ("mlp_ratio: 0", "mlp_ratio must be 1…64, found 0"),
        ("depths: [2, 2, 6]", "depths must be four numbers of 1…1000, found [2, 2, 6]"),
        ("depths: [2, 0, 6, 2]", "depths must be four numbers of 1…1000, found [2, 0, 6, 2]"),
        (
            "num_heads: [3, 6, 12]",
            "num_heads must be four divisors of the stages' channels [96, 192, 384, 768], found [3, 6, 12]"
        ),
        (
            "num_heads: [5, 6, 12, 24]",
            "num_heads must be four divisors of the stages' channels [96, 192, 384, 768], found [5, 6, 12, 24]"
        ),
        (
            "embed_dims: 128",
            "num_heads must be four divisors of the stages' channels [128, 256, 512, 1024], found [3, 6, 12, 24]"
        ),
        (
            "num_heads: [0, 6, 12, 24]",
            "num_heads must be four divisors of the stages' channels [96, 192, 384, 768], found [0, 6, 12, 24]"
        ),
        ("drop_path_rate: 1", "drop_path_rate must be 0 or more and below 1, found 1.0"),
        ("drop_path_rate: -0.1", "drop_path_rate must be 0 or more and below 1, found -0.1"),
    ])
    func settingsThatDoNotFit(_ setting: String, _ expected: String) throws {
        let error = try #require(throws: BuildError.self) { try build("{type: Swin, \(setting)}") }
        let key = setting.prefix { $0 != ":" }
        // Of the value that is wrong; of the component where it is a default.
        let column = expected.hasPrefix(key) ? 18 + "Swin, ".count + key.count + 2 : 18
        #expect("\(error)" == "a.yaml:1:\(column): backbone Swin could not be built: \(expected)")
    }

    @Test(arguments: [
        (
            "variant: huge",
            "a.yaml:1:33: backbone.variant: 'huge' is none of tiny, small, base, large"
        ),
        (
            "embed_dim: 96",
            "a.yaml:1:24: unknown key 'embed_dim' of Swin; did you mean 'embed_dims'? (keys: variant, embed_dims, depths, num_heads, "
                + "window_size, mlp_ratio, drop_path_rate)"
        ),
    ])
    func words(_ setting: String, _ expected: String) throws {
        let error = #expect(throws: (any Error).self) { try build("{type: Swin, \(setting)}") }
        #expect("\(try #require(error))" == expected)
    }
}
