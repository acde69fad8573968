import DenseKitCore
import SmallModels
import Testing

@testable import DenseKitResNet

private func build(_ yaml: String) throws -> any Backbone {
    try makeBackbone(yaml, ResNetPlugin())
}

@Suite struct ResNetTests {
    /// torchvision's number of parameters with its classifier, which is `features` × 1000 and 1000
    /// biases, and of tensors without it.
    @Test(arguments: [
        (18, 11_689_512, 512), (34, 21_797_672, 512), (50, 25_557_032, 2048),
        (101, 44_549_160, 2048), (152, 60_192_808, 2048),
    ])
    func parameterCounts(_ depth: Int, _ total: Int, _ features: Int) throws {
        let network = try build("{type: ResNet, depth: \(depth)}")
        let count = try network.namedParameters().reduce(0) { $0 + $1.tensor.count }
        #expect(count == total - 1001 * features - 1000 + features)
        #expect(network.outputs.map(\.channels) == [1, 2, 4, 8].map { $0 * features / 8 })
        #expect(network.outputs.map(\.stride) == [4, 8, 16, 32] && network.language == nil)
    }

    private func norm(_ name: String) -> [String] {
        ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map {
            "\(name).\($0)"
        }
    }

    @Test func keysAreTorchvisions() throws {
        let small = try build("{type: ResNet, depth: 18}").namedTensors().map(\.name)
        #expect(Array(small.prefix(6)) == ["conv1.weight"] + norm("bn1"))
        let block = ["conv1.weight"] + norm("bn1") + ["conv2.weight"] + norm("bn2")
        #expect(small.filter { $0.hasPrefix("layer2.1.") } == block.map { "layer2.1." + $0 })
        let first = (block + ["downsample.0.weight"] + norm("downsample.1")).map {
            "layer2.0." + $0
        }
        #expect(Set(small.filter { $0.hasPrefix("layer2.0.") }) == Set(first))
        #expect(!small.contains { $0.hasPrefix("layer1.0.downsample") } && small.count == 120)
        let large = try build("{type: ResNet}").namedTensors().map(\.name)
        #expect(
            large.contains("layer1.0.downsample.0.weight")
                && large.contains("layer4.2.conv3.weight") && large.count == 318)
        let deep = try build("{type: ResNet, stem: v1c}").namedTensors().map(\.name)
        #expect(Array(deep.prefix(7)) == ["stem.0.weight"] + norm("stem.1") + ["stem.3.weight"])
        #expect(!deep.contains("conv1.weight"))
    }

    /// Sizes are rounded up at every step.
    @Test(arguments: [(64, 64), (65, 97), (33, 1), (1, 1), (31, 50)]) func sizes(
        _ height: Int, _ width: Int
    ) throws {
        for stem in ["plain", "v1c"] {
            let network = try build("{type: ResNet, depth: 18, stem: \(stem)}")
            try network.setTraining(false)
            let features = try withoutGrad { try network(Tensor.ones([1, 3, height, width])) }
            #expect(features.globalEmbedding == nil && features.languageMap == nil)
            for (map, spec) in zip(features.maps, network.outputs) {
                #expect(
                    map.shape == [
                        1, spec.channels, (height + spec.stride - 1) / spec.stride,
                        (width + spec.stride - 1) / spec.stride,
                    ])
                #expect(map.isChannelsLast)
                #expect(try map.isFinite())
            }
        }
    }

    @Test(arguments: [18, 50]) func oneStepOfTraining(_ depth: Int) throws {
        let network = try build("{type: ResNet, depth: \(depth)}")
        let maps = try network(
            Tensor.randomNormal([2, 3, 33, 32], generator: RandomGenerator(seed: 1))
        ).maps
        try maps.map { try $0.mean() }.reduce(Tensor.zeros([])) { try $0 + $1 }.backward()
        for entry in try network.namedParameters() {
            let gradient = try #require(entry.tensor.grad, "\(entry.name)")
            #expect(try gradient.isFinite())
        }
        #expect(try (network as? ResNet)?.bn1?.numBatchesTracked.item() == 1)
    }

    /// Frozen stages neither learn nor follow the batches; with `norm_eval` no norm does.
    @Test(arguments: [
        ("plain", 0, false), ("v1c", 0, false), ("v1c", 1, false), ("plain", 4, false),
        ("plain", -1, true),
    ])
    func frozenStages(_ stem: String, _ last: Int, _ normEval: Bool) throws {
        let network = try build(
            "{type: ResNet, depth: 18, stem: \(stem), frozen_stages: \(last), norm_eval: \(normEval)}"
        )
        let before = try network.namedTensors().map { try $0.tensor.detached().cloned() }
        let maps = try network(
            Tensor.randomNormal([2, 3, 64, 64], generator: RandomGenerator(seed: 1))
        ).maps
        if last < 4 { try maps[3].sum().backward() }
        #expect(maps[3].requiresGrad == (last < 4))
        for (entry, old) in zip(try network.namedTensors(), before) {
            let stage =
                entry.name.hasPrefix("layer")
                ? Int(String(entry.name.dropFirst(5).prefix(1))) ?? 0 : 0
            if entry.kind == .parameter {
                #expect(
                    entry.tensor.requiresGrad == (stage > last)
                        && (entry.tensor.grad == nil) == (stage <= last), "\(entry.name)")
            } else {
                let moved =
                    try (entry.tensor.to(.float32) - old.to(.float32)).abs().amax().item() > 0
                #expect(moved == (stage > last && !normEval), "\(entry.name)")
            }
        }
    }

    /// A block by its definition: relu(branch + shortcut).
    @Test func aBlockAddsItsShortcut() throws {
        let block = try ResNet.BasicBlock(2, 2, 1)
        #expect(block.downsample == nil)
        try block.setTraining(false)
        try withoutGrad { _ = try block.bn2.weight.fillInPlace(0) }  // no branch
        let x = try Tensor.from([Float(-1), 2], shape: [1, 2, 1, 1])
        #expect(try block(x).floats() == [0, 2])
        try withoutGrad { _ = try block.bn2.bias.fillInPlace(0.5) }
        #expect(try block(x).floats() == [0, 2.5])
        #expect(try x.floats() == [-1, 2])  // the input is not written to
        #expect(
            try ResNet.Bottleneck(2, 2, 1).downsample != nil
                && ResNet.Bottleneck(8, 2, 1).downsample == nil)
        #expect(try ResNet.BasicBlock(2, 2, 2).downsample != nil)
    }

    @Test(arguments: [
        (
            "{type: ResNet, depth: 20}",
            "a.yaml:1:33: backbone ResNet could not be built: depth is 18, 34, 50, 101 or 152, found 20"
        ),
        (
            "{type: ResNet, frozen_stages: 5}",
            "a.yaml:1:41: backbone ResNet could not be built: frozen_stages must be -1…4, found 5"
        ),
        (
            "{type: ResNet, stem: v1d}",
            "a.yaml:1:32: backbone.stem: 'v1d' is none of plain, v1c; did you mean 'v1c'?"
        ),
        (
            "{type: ResNet, deph: 18}",
            "a.yaml:1:26: unknown key 'deph' of ResNet; did you mean 'depth'? (keys: depth, stem, frozen_stages, norm_eval)"
        ),
    ])
    func errors(_ yaml: String, _ expected: String) throws {
        let error = #expect(throws: (any Error).self) { try build(yaml) }
        #expect("\(try #require(error))" == expected)
    }
}
