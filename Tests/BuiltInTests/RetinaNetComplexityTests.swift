import DenseKitBuiltIn
import DenseKitCore
import Testing

/// The rows of DenseCLIP's Table 3 by fvcore's counts of the official code at 1280×800, 80 classes,
/// to the printed digit.
@Suite struct RetinaNetComplexityTests {
    private func model(_ config: String) throws -> DenseModel {
        let shipped = try ShippedExperiment.named("\(config)_fpn_1x_coco")
        let node = try #require(try shipped.node()["model"])
        let context = BuildContext(
            registry: try Registry(BuiltIn.plugins), classNames: (0..<80).map { "class \($0)" })
        let configuration: ModelConfiguration = try node.decode()
        return try withDevice(.meta) { try DenseModel(configuration, context) }
    }

    @Test(arguments: [
        ("retinanet/retinanet_r50", "37.969", "37.969", "238.99"),
        ("retinanet/retinanet_clip-r50", "37.988", "37.988", "265.17"),
        ("denseclip/denseclip_retinanet_r50", "60.449", "124.106", "285.18"),
        ("retinanet/retinanet_r101", "56.961", "56.961", "314.96"),
        ("retinanet/retinanet_clip-r101", "56.980", "56.980", "341.14"),
        ("denseclip/denseclip_retinanet_r101", "77.995", "141.391", "359.90"),
    ])
    func rows(_ config: String, _ parameters: String, _ all: String, _ gflops: String) throws {
        let found = try Complexity(of: model(config), size: Size2D(1280, 800))
        let giga = found.model.total.cost.perImage / 1e9
        #expect(
            agrees(Double(found.parametersPerImage) / 1e6, parameters),
            "\(found.parametersPerImage)")
        #expect(
            agrees(Double(found.model.total.parameters) / 1e6, all),
            "\(found.model.total.parameters)")
        #expect(agrees(giga, gflops), "\(giga) G, expected \(gflops)")
        #expect(agrees(try #require(found.model["bbox_head"]).total.cost.perImage / 1e9, "137.80"))
        let neck = try #require(found.model["neck"]).total.cost.perImage / 1e9
        #expect(agrees(neck, config.contains("denseclip") ? "17.40" : "17.33"), "\(neck)")
    }

    /// Stem and first stage do not learn; weights of other stages' batch norms do.
    @Test func whatLearns() throws {
        let parameters = try model("retinanet/retinanet_r50").namedParameters()
        let frozen = parameters.filter { !$0.tensor.requiresGrad }
        #expect(frozen.count == 33 && frozen.allSatisfy { $0.name.hasPrefix("backbone.") })
        let learnt = parameters.filter { $0.tensor.requiresGrad }.reduce(0) { $0 + $1.tensor.count }
        #expect(agrees(Double(learnt) / 1e6, "37.743"), "\(learnt)")
    }
}
