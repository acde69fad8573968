import DenseKitComponents
import Testing

private enum DepthRange: BuildContextKey {
    static let defaultValue = 80.0
}

private enum CameraHeight: BuildContextKey {
    static let defaultValue = 1.5
}

/// A backbone that is built from a value that the core does not know.
private final class Ranged: Module, Backbone {
    struct Configuration: YAMLConfiguration {}

    let outputs = [FeatureSpec(channels: 3, stride: 1)]
    let range: Double

    init(_ configuration: Configuration, _ context: BuildContext) {
        range = context[DepthRange.self]
    }
    func callAsFunction(_ images: Tensor) throws -> Features { Features(maps: [images]) }
}

private struct RangedPlugin: Plugin {
    func register(in registry: inout Registry) {
        registry.backbones.register("Ranged", Ranged.init)
    }
}

@Suite struct BuildContextTests {
    @Test func extensionsHaveDefaultsAndStandApart() throws {
        var context = BuildContext(registry: try tinyRegistry())
        #expect(context[DepthRange.self] == 80 && context[CameraHeight.self] == 1.5)
        context[DepthRange.self] = 10
        #expect(context[DepthRange.self] == 10 && context[CameraHeight.self] == 1.5)
        #expect(context.with(features: [])[DepthRange.self] == 10)
    }

    @Test func optionalExtensionsCanBeTakenAway() throws {
        var context = BuildContext(registry: try tinyRegistry())
        #expect(context.tokenIDs == nil && !context.textIsCached)
        context.tokenIDs = [[1, 2]]
        context.textIsCached = true
        #expect(context.tokenIDs == [[1, 2]] && context.textIsCached)
        context.tokenIDs = nil
        #expect(context.tokenIDs == nil && context.textIsCached)
    }

    @Test func componentsAreBuiltFromExtensions() throws {
        var context = BuildContext(
            registry: try Registry([TinyPlugin(), RangedPlugin()]), classNames: ["a"])
        context[DepthRange.self] = 25
        let model = try DenseModel(.decode(yaml: "{backbone: Ranged, head: TinyHead}"), context)
        #expect((model.backbone as? Ranged)?.range == 25)
    }
}
