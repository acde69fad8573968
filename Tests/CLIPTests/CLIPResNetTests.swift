import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitCLIP

private func build(_ settings: String) throws -> CLIPResNet {
    try #require(try makeBackbone("{type: CLIPResNet, \(settings)}", CLIPPlugin()) as? CLIPResNet)
}

private let tiny = "layers: [1, 2, 1, 1], width: 8, output_dim: 6, input_resolution: 64"

@Suite struct CLIPResNetTests {
    /// The first step rounds up, the others down.
    @Test(arguments: [(64, 64), (33, 95), (63, 40), (32, 65)]) func sizes(
        _ height: Int, _ width: Int
    ) throws {
        let network = try build(tiny)
        let features = try network.evaluated(Tensor.ones([2, 3, height, width]))
        var h = (height + 1) / 2 / 2
        var w = (width + 1) / 2 / 2
        for (index, map) in features.maps.enumerated() {
            #expect(map.shape == [2, 32 << index, h, w] && map.isChannelsLast)
            if index < 3 {
                h = h / 2
                w = w / 2
            }
        }
        #expect(
            features.globalEmbedding?.shape == [2, 6]
                && features.languageMap?.shape == [2, 6, h, w])
        #expect(
            network.outputs.map(\.channels) == [32, 64, 128, 256]
                && network.outputs.map(\.stride) == [4, 8, 16, 32])
        #expect(network.language == LanguageSpec(width: 6, stride: 32))
    }

    @Test func withoutThePoolThereIsNoLanguage() throws {
        let network = try build(tiny + ", attention_pool: false")
        let features = try network(Tensor.ones([2, 3, 64, 64]))
        #expect(
            features.globalEmbedding == nil && features.languageMap == nil
                && network.language == nil)
        #expect(try !network.namedTensors().contains { $0.name.hasPrefix("attnpool") })
    }

    @Test func depthsAndWidths() throws {
        let large = try build("depth: 101, width: 2")
        #expect(large.layer3.count == 23 && large.language?.width == 512)
        let small = try build("width: 2")
        #expect(
            [small.layer1, small.layer2, small.layer3, small.layer4].map(\.count) == [3, 4, 6, 3]
                && small.language?.width == 1024
        )
        // 512 / 32 squared, and the mean
        #expect(small.attnpool?.positionalEmbedding.shape == [257, 64])
        let names = try build(tiny).namedTensors().map(\.name)
        #expect(
            names.contains("layer1.0.downsample.0.weight")
                && names.contains("layer2.0.downsample.1.running_mean"))
        #expect(!names.contains("layer2.1.downsample.0.weight"))
    }

    @Test func headsOfThePool() throws {
        #expect(
            try build(tiny).attnpool?.attention.heads == 4
                && build("width: 80, layers: [1, 1, 1, 1]").attnpool?.attention.heads == 40)
        #expect(try build(tiny + ", heads: 8").attnpool?.attention.heads == 8)
    }

    /// Frozen stages neither learn nor follow the batches; with `norm_eval` no norm does.
    @Test(arguments: [(-1, false), (0, false), (2, false), (4, false), (1, true)])
    func frozenStages(_ last: Int, _ normEval: Bool) throws {
        let network = try build(tiny + ", frozen_stages: \(last), norm_eval: \(normEval)")
        let before = try network.namedTensors().map { try $0.tensor.detached().cloned() }
        let features = try network(
            Tensor.randomNormal([2, 3, 64, 64], generator: RandomGenerator(seed: 1)))
        try #require(features.languageMap).pow(2).sum().backward()
        for (entry, old) in zip(try network.namedTensors(), before) {
            let stage =
                entry.name.hasPrefix("layer")
                ? Int(String(entry.name.dropFirst(5).prefix(1))) ?? 0 : 0
            let frozen = !entry.name.hasPrefix("attnpool") && stage <= last
            if entry.kind == .parameter {
                #expect(
                    entry.tensor.requiresGrad == !frozen && (entry.tensor.grad == nil) == frozen,
                    "\(entry.name)")
            } else {
                let moved =
                    try (entry.tensor.to(.float32) - old.to(.float32)).abs().amax().item() > 0
                #expect(moved == !(frozen || normEval), "\(entry.name)")
            }
        }
    }

    @Test func oneStepOfTraining() throws {
        let network = try build(tiny)
        let features = try network(
            Tensor.randomNormal([2, 3, 64, 64], generator: RandomGenerator(seed: 1)))
        let language = try #require(features.languageMap),
            global = try #require(features.globalEmbedding)
        try (language.pow(2).sum() + global.pow(2).sum()).backward()
        for entry in try network.namedParameters() {
            #expect(try #require(entry.tensor.grad, "\(entry.name)").isFinite(), "\(entry.name)")
        }
    }

    @Test(arguments: [
        (
            "depth: 34",
            "depth is 50 or 101, and layers, where given, four positive numbers of blocks"
        ),
        (
            "layers: [1, 1, 1]",
            "depth is 50 or 101, and layers, where given, four positive numbers of blocks"
        ),
        (
            "layers: [1, 1, 0, 1]",
            "depth is 50 or 101, and layers, where given, four positive numbers of blocks"
        ),
        (
            "layers: [9223372036854775807, 1, 1, 1]",
            "depth is 50 or 101, and layers, where given, four positive numbers of blocks"
        ),
        ("width: 7", "width must be an even number of 2…4096, found 7"),
        (
            "width: 9223372036854775806",
            "width must be an even number of 2…4096, found 9223372036854775806"
        ),
        ("width: 2, input_resolution: 31", "input_resolution must be 32…32768, found 31"),
        (
            "width: 2, input_resolution: 9223372036854775807",
            "input_resolution must be 32…32768, found 9223372036854775807"
        ),
        ("width: 2, output_dim: 0", "output_dim must be 1…65536, found 0"),
        ("width: 2, heads: 3", "64 channels cannot be shared by 3 attention heads"),
        ("width: 2, heads: 0", "64 channels cannot be shared by 0 attention heads"),
        ("frozen_stages: 5", "frozen_stages must be -1…4, found 5"),
        ("frozen_stages: -2", "frozen_stages must be -1…4, found -2"),
        ("positions: stretch", ""),
    ])
    func settingsOutOfRange(_ settings: String, _ expected: String) throws {
        let error = #expect(throws: (any Error).self) { try build(settings) }
        if expected.isEmpty {
            #expect("\(try #require(error))".contains("'stretch' is none of resize, crop"))
        } else {
            #expect((error as? BuildError)?.underlying == expected)
        }
    }
}

@Suite struct AttentionPoolTests {
    private func pool(_ positions: GridPositions) throws -> AttentionPool2d {
        let pool = try AttentionPool2d(
            8, inputResolution: 96, heads: 2, output: 5, positions: positions)
        let generator = try RandomGenerator(seed: 3)
        for entry in try pool.namedParameters() {
            try entry.tensor.normalInPlace(std: 0.5, generator: generator)
        }
        return pool
    }

    /// Softmax attention over the mean and all positions, head by head.
    private func naive(_ pool: AttentionPool2d, _ map: Tensor, positions: Tensor) throws -> (
        global: Tensor, local: Tensor
    ) {
        let n = map.size(0)
        let c = map.size(1)
        let h = map.size(2)
        let w = map.size(3)
        let pixels = try map.reshaped([n, c, h * w])
        let tokens =
            try Tensor.cat([pixels.mean(2, keep: true), pixels], dim: 2).transposed(1, 2)
            + positions
        let q = try pool.attention.qProj(tokens)
        let k = try pool.attention.kProj(tokens)
        let v = try pool.attention.vProj(tokens)
        let heads = try (0..<2).map { head in
            let q = try q.narrowed(2, 4 * head, 4)
            let k = try k.narrowed(2, 4 * head, 4)
            let v = try v.narrowed(2, 4 * head, 4)
            return try (q.matmul(k.transposed(1, 2)) / 2).softmax(2).matmul(v)
        }
        let output = try pool.attention.proj(Tensor.cat(heads, dim: 2)).transposed(1, 2)
        return try (output.selected(2, 0), output.narrowed(2, 1, h * w).reshaped([n, 5, h, w]))
    }

    private func map(_ height: Int, _ width: Int) throws -> Tensor {
        try Tensor.randomNormal([2, 8, height, width], generator: RandomGenerator(seed: 4))
    }

    private func expectEqual(
        _ a: (global: Tensor, local: Tensor), _ b: (global: Tensor, local: Tensor)
    ) throws {
        #expect(a.global.shape == b.global.shape && a.local.shape == b.local.shape)
        #expect(
            try (a.global - b.global).abs().amax().item() < 1e-5
                && (a.local - b.local).abs().amax().item() < 1e-5)
    }

    @Test(arguments: GridPositions.allCases) func onItsOwnGrid(_ positions: GridPositions) throws {
        let pool = try pool(positions)
        let map = try map(3, 3)
        try expectEqual(pool(map), naive(pool, map, positions: pool.positionalEmbedding))
        try expectEqual(pool(map.channelsLast()), pool(map))
    }

    @Test func anotherSizeResizesTheGrid() throws {
        let pool = try pool(.resize)
        let map = try map(5, 2)
        let grid = try pool.positionalEmbedding.narrowed(0, 1, 9).transposed(0, 1).reshaped([
            1, 8, 3, 3,
        ])
        let resized = try grid.interpolated(to: Size2D(5, 2), .bilinear()).reshaped([8, 10])
            .transposed(0, 1)
        try expectEqual(
            pool(map),
            naive(
                pool, map,
                positions: Tensor.cat(
                    [pool.positionalEmbedding.narrowed(0, 0, 1), resized], dim: 0)))
    }

    @Test func aSmallerMapCropsTheGrid() throws {
        let pool = try pool(.crop)
        let map = try map(2, 3)
        // The mean's embedding and rows 0 and 1 of the grid.
        try expectEqual(
            pool(map), naive(pool, map, positions: pool.positionalEmbedding.narrowed(0, 0, 7)))
        let error = try #require(throws: SettingError.self) { try pool(self.map(4, 3)) }
        #expect(
            error.description
                == "a map of 4×3 is larger than the grid of 3×3 positions: raise input_resolution, or use positions: resize"
        )
    }

    @Test func headsMustShareTheChannels() throws {
        let error = try #require(throws: SettingError.self) {
            try AttentionPool2d(8, inputResolution: 64, heads: 3, output: 5)
        }
        #expect(error.description == "8 channels cannot be shared by 3 attention heads")
    }
}
