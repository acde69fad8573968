import DenseKitBuiltIn
import DenseKitCore
import Testing

/// The smallest image that each backbone sees, and what becomes of smaller ones.
@Suite struct MinimumSideTests {
    private static let backbones: [(yaml: String, side: Int)] = [
        ("{ type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, attention_pool: false }", 31),
        (
            "{ type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, input_resolution: 64, output_dim: 24 }",
            31
        ),
        ("{ type: ResNet, depth: 18 }", 1), ("{ type: ResNet, depth: 18, stem: v1c }", 1),
        (
            "{ type: CLIPViT, width: 16, layers: 4, heads: 2, input_resolution: 64, out_indices: [0, 1, 2, 3] }",
            32
        ),
        (
            "{ type: ViT, width: 16, layers: 4, heads: 2, input_resolution: 64, out_indices: [0, 1, 2, 3] }",
            17
        ),
        (
            "{ type: ViT, patch_size: 8, width: 16, layers: 4, heads: 2, input_resolution: 64, out_indices: [0, 1, 2, 3] }",
            25
        ),
        (
            "{ type: Swin, embed_dims: 8, depths: [1, 1, 1, 1], num_heads: [1, 2, 2, 4], window_size: 4 }",
            1
        ),
    ]

    private static func model(_ yaml: String) throws -> DenseModel {
        let context = BuildContext(
            registry: try Registry(BuiltIn.plugins), classNames: ["sky", "grass"])
        let model = try DenseModel(.decode(yaml: yaml), context)
        try model.setTraining(false)
        return model
    }

    /// In a process of its own, as it meets very many shapes (docs/engine.md, known limits).
    @Test("The declared side is the least one that works, and smaller images are padded to it")
    func least() async {
        await #expect(processExitsWith: .success) {
            for (backbone, side) in Self.backbones {
                for neck in ["null", "{ type: FPN, channels: 8 }"] {
                    let model = try Self.model(
                        "{ backbone: \(backbone), neck: \(neck), head: { type: SemanticFPN, channels: 8 } }"
                    )
                    #expect(model.backbone.minimumSide == side, "\(backbone)")
                    try withoutGrad {
                        _ = try model.predictions(Tensor.zeros([1, 3, side, side]))
                        if side > 1 {
                            #expect(throws: (any Error).self) {
                                try model.predictions(Tensor.zeros([1, 3, side - 1, 48]))
                            }
                        }
                    }
                    for size in [
                        Size2D(height: 1, width: 1), Size2D(height: max(1, side - 1), width: 48),
                        Size2D(height: 33, width: 2),
                    ] {
                        var sample = DataSample(
                            name: "a.png", image: RGBImage(height: size.height, width: size.width))
                        sample.normalize(.clip)
                        let found = try SegmentationInference(model, mode: .whole).prediction(
                            of: sample, on: .cpu)
                        guard let labels = (found as? LabelPrediction)?.labels else {
                            throw InferenceError.notSegmentation
                        }
                        #expect(labels.size == size, "\(backbone)")
                    }
                }
            }
        }
    }

    @Test("A detector pads small images too, and what it finds lies in the image")
    func detector() async {
        await #expect(processExitsWith: .success) {
            let model = try Self.model(
                """
                backbone: { type: CLIPResNet, layers: [1, 1, 1, 1], width: 8, attention_pool: false }
                neck: { type: FPN, channels: 8, extra_levels: 1 }
                head: { type: MaskRCNN, rpn: { channels: 8 }, box: { channels: 8, score_threshold: 0 }, mask: { convs: 1, channels: 8 } }
                """)
            for size in [Size2D(height: 1, width: 1), Size2D(height: 20, width: 45)] {
                var sample = DataSample(
                    name: "a.png", image: RGBImage(height: size.height, width: size.width),
                    instances: [])
                sample.normalize(.clip)
                let prediction = try DetectionInference(model).prediction(of: sample, on: .cpu)
                guard let found = (prediction as? InstancePrediction)?.instances else {
                    throw InferenceError.notDetection
                }
                #expect(!found.isEmpty && found.allSatisfy { $0.mask?.size == size })
                #expect(found.allSatisfy { $0.box == $0.box.clipped(to: size) })
            }
        }
    }
}
