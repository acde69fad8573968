import DenseKitCore
import Testing

@testable import DenseKitFPN

/// - Parameter change: of the default settings
func neck(
    _ channels: Int, from levels: [(channels: Int, stride: Int)],
    _ change: (inout FPN.Configuration) -> Void = { _ in }
) throws -> FPN {
    let registry = try Registry([FPNPlugin()])
    let context = BuildContext(
        registry: registry,
        features: levels.map { FeatureSpec(channels: $0.channels, stride: $0.stride) })
    var configuration = FPN.Configuration()
    configuration.channels = channels
    change(&configuration)
    return try #require(
        try registry.necks.make(ComponentNode("FPN", configuration), context) as? FPN)
}

func maps(_ shapes: [[Int]]) throws -> [Tensor] {
    try shapes.enumerated().map {
        try Tensor.randomNormal($1, generator: RandomGenerator(seed: UInt64($0)))
    }
}

@Suite struct FPNTests {
    /// Equation by equation, on sizes that no factor of two joins.
    @Test func equalsItsDefinition() throws {
        let fpn = try neck(5, from: [(2, 4), (3, 8), (4, 16)])
        let maps = try maps([[2, 2, 7, 9], [2, 3, 3, 5], [2, 4, 2, 2]])
        let lateral = try zip(fpn.lateralConvs, maps).map {
            try $1.conv2d($0.conv.weight, $0.conv.bias)
        }
        let middle = try lateral[1] + lateral[2].interpolated(to: Size2D(3, 5), .nearest)
        let finest = try lateral[0] + middle.interpolated(to: Size2D(7, 9), .nearest)
        let expected = try zip(fpn.fpnConvs, [finest, middle, lateral[2]]).map {
            try $1.conv2d($0.conv.weight, $0.conv.bias, padding: 1)
        }
        let found = try fpn(maps)
        #expect(found.map(\.shape) == [[2, 5, 7, 9], [2, 5, 3, 5], [2, 5, 2, 2]])
        for (a, b) in zip(found, expected) { #expect(try (a - b).abs().amax().item() < 1e-5) }
    }

    @Test func keysAndOutputs() throws {
        let fpn = try neck(5, from: [(2, 4), (3, 8)])
        #expect(
            try fpn.namedTensors().map { "\($0.name) \($0.tensor.shape)" } == [
                "lateral_convs.0.conv.weight [5, 2, 1, 1]", "lateral_convs.0.conv.bias [5]",
                "lateral_convs.1.conv.weight [5, 3, 1, 1]",
                "lateral_convs.1.conv.bias [5]", "fpn_convs.0.conv.weight [5, 5, 3, 3]",
                "fpn_convs.0.conv.bias [5]",
                "fpn_convs.1.conv.weight [5, 5, 3, 3]", "fpn_convs.1.conv.bias [5]",
            ])
        #expect(
            fpn.outputs == [
                FeatureSpec(channels: 5, stride: 4), FeatureSpec(channels: 5, stride: 8),
            ])
    }

    @Test func layoutAndGradients() throws {
        let fpn = try neck(4, from: [(2, 4), (3, 8)])
        let outputs = try fpn(maps([[1, 2, 4, 4], [1, 3, 2, 2]]).map { try $0.channelsLast() })
        for map in outputs { #expect(map.isChannelsLast) }
        try (outputs[0].sum() + outputs[1].sum()).backward()
        #expect(try fpn.namedParameters().allSatisfy { $0.tensor.grad != nil })
    }

    @Test(arguments: [0, -1, Int.max]) func channelsOutOfRange(_ channels: Int) throws {
        let error = try #require(throws: BuildError.self) { try neck(channels, from: [(2, 4)]) }
        #expect(
            error.description
                == "default: neck FPN could not be built: channels must be 1…65536, found \(channels)"
        )
    }
}
