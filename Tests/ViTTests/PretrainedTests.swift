import DenseKitCore
import PublishedWeights
import Testing

@testable import DenseKitViT

private func build(_ settings: String) throws -> ViT {
    try ViT(.decode(yaml: "{\(settings)}"), BuildContext(registry: Registry()))
}

private let missing =
    "  not filled: fpn1.*.weight (4), fpn1.*.bias (4), fpn1.2.running_mean, fpn1.2.running_var, fpn2.*.weight (2), fpn2.*.bias (2), fpn3.weight, "
    + "fpn3.bias, and 2 more"

/// A list, the network it belongs to, and what is reported.
private let table: [(list: String, settings: String, report: String)] = [
    (
        "timm_vit_b16", "input_resolution: 224, final_norm: true",
        "model tensors: filled 150, not filled 18, other shape 0; file tensors: used 150, not needed 2, without place 0 (read as timm or DeiT ViT)\n\(missing)"
    ),
    (
        "timm_vit_b16", "input_resolution: 512",
        "model tensors: filled 148, not filled 18, other shape 0, resized 1; file tensors: used 148, not needed 4, without place 0 (read as timm or DeiT ViT)\n\(missing)\n"
            + "  resized: pos_embed (model [1, 1025, 768], file [1, 197, 768])"
    ),
    (
        "torchvision_vit_b16", "input_resolution: 224, final_norm: true",
        "model tensors: filled 150, not filled 18, other shape 0; file tensors: used 150, not needed 2, without place 0 (read as torchvision ViT)\n\(missing)"
    ),
    (
        "mmseg_1x_fpn_vit_b16",
        "input_resolution: 512, final_norm: true, out_indices: [2, 5, 8, 11]",
        "model tensors: filled 150, not filled 18, other shape 0; file tensors: used 150, not needed 60, without place 0 (read as mmsegmentation)\n\(missing)"
    ),
]

@Suite(.serialized) struct PretrainedTests {
    @Test(
        "Published Vision Transformers load by their own names; the pyramid is initialized again",
        arguments: table)
    func published(list: String, settings: String, report: String) throws {
        let network = try build(settings)
        #expect(
            "\(try network.loadPretrained(PublishedWeights.load(list), source: list))" == report)
        // Nothing is left as it was, and nothing went to two places.
        let loaded = try network.namedTensors().filter { !$0.name.hasPrefix("fpn") }
        let values = try loaded.map { try $0.tensor.detached().amax().item().rounded() }
        #expect(Set(values).count == values.count)
    }

    @Test("In a whole model's file, too, where the backbone alone is asked for")
    func part() throws {
        let network = try build(
            "input_resolution: 512, final_norm: true, out_indices: [2, 5, 8, 11]")
        let file = try PublishedWeights.load("mmseg_1x_fpn_vit_b16")
        #expect(
            try network.loadPretrained(file, prefix: "backbone", source: "W").matched.count == 150)
        #expect(throws: LoadError.self) {
            try network.loadPretrained(file, prefix: "backbone", atLeast: 1, source: "W")
        }
    }

    @Test(
        "Relatives of the network are refused: what they have beside would be lost",
        arguments: [
            (
                "timm_beit_b16",
                [
                    "model tensors: filled 135, not filled 31, other shape 0; file tensors: used 135, not needed 4, without place 60 "
                        + "(read as timm or DeiT ViT)\n",
                    "  without place in the model: blocks.*.attn.q_bias (12), blocks.*.attn.relative_position_bias_table (12), "
                        + "blocks.*.attn.v_bias (12), blocks.*.gamma_1 (12), blocks.*.gamma_2 (12)\n",
                    "(60 tensors of the file without place in it, 13 tensors of the model would stay at random)",
                    "reinitialize: [pos_embed, layers.*.attn.attn.in_proj_bias], ignore: [blocks.*.attn.q_bias, "
                        + "blocks.*.attn.relative_position_bias_table, blocks.*.attn.v_bias, blocks.*.gamma_1, blocks.*.gamma_2]}`",
                ]
            ),
            (
                "timm_deit3_b16",
                [
                    "  without place in the model: blocks.*.ls1.gamma (12), blocks.*.ls2.gamma (12)\n",
                    "ignore: [blocks.*.ls1, blocks.*.ls2]}`",
                ]
            ),
        ])
    func relatives(list: String, parts: [String]) throws {
        let network = try build("input_resolution: 224")
        let file = try PublishedWeights.load(list)
        for wrapper in ["", "module.model."] {
            let wrapped = Dictionary(
                uniqueKeysWithValues: file.map { (wrapper + $0.key, $0.value) })
            let error = try #require(throws: LoadError.self) {
                try network.loadPretrained(wrapped, source: "W")
            }
            for part in parts where wrapper.isEmpty {
                #expect("\(error)".contains(part), "\(error)")
            }
            #expect(error.report.unplaced.count == (list == "timm_beit_b16" ? 60 : 24))
        }
    }

    @Test("What a refusal advises loads the rest, and says what is lost")
    func advised() throws {
        let network = try build("input_resolution: 224")
        let file = try PublishedWeights.load("timm_deit3_b16")
        let report = try network.loadPretrained(
            file, reinitialize: ["pos_embed"], ignore: ["blocks.*.ls1", "blocks.*.ls2"], source: "W"
        )
        #expect(report.leftOut.count == 24 && report.unexpected.isEmpty)
        #expect(
            report.warnings.count == 1
                && report.warnings[0].hasSuffix(
                    ": blocks.*.ls1.gamma (12), blocks.*.ls2.gamma (12)")
        )
    }

    @Test(
        "One more tensor in a block, another token, a norm at another place: refused",
        arguments: [
            "blocks.3.attn.q_norm.weight", "blocks.0.ls1.gamma", "reg_token", "dist_token",
            "norm_pre.weight",
            "rel_pos_bias.table",
            "blocks.5.mlp.fc3.weight", "blocks.0.attn.qkv.bias_2", "adapter.weight",
        ])
    func oneMore(key: String) throws {
        var file = try PublishedWeights.load("timm_vit_b16")
        file[key] = try Tensor.zeros([4])
        let error = try #require(throws: LoadError.self) {
            try build("input_resolution: 224").loadPretrained(file, prefix: "backbone", source: "W")
        }
        #expect(error.report.unplaced == [key] && error.report.wanting.isEmpty)
    }

    @Test("Classifiers, what masked training adds, and the last norm are known to be of no use")
    func unneeded() throws {
        var file = try PublishedWeights.load("timm_vit_b16")
        let keys = [
            "head_dist.weight", "fc_norm.weight", "mask_token", "decoder_blocks.0.norm1.weight",
            "decoder_pos_embed",
        ]
        for key in keys { file[key] = try Tensor.zeros([4]) }
        let report = try build("input_resolution: 224").loadPretrained(
            file, prefix: "backbone", source: "W")
        #expect(report.ignored == 4 + keys.count && report.unexpected.isEmpty)
    }

    @Test("Patches of another size are refused as another size, not as another class list")
    func patches() throws {
        var file = try PublishedWeights.load("timm_vit_b16")
        file["patch_embed.proj.weight"] = try Tensor.zeros([768, 3, 32, 32])
        let error = try #require(throws: LoadError.self) {
            try build("input_resolution: 224").loadPretrained(file, prefix: "backbone", source: "W")
        }
        #expect(error.report.mismatched.map(\.name) == ["patch_embed.projection.weight"])
        #expect(
            "\(error)".hasSuffix(
                "Tensors of other shapes within an encoder belong to another size of it: use the settings of the file (width, depth, patch size, lengths)"
            ))
    }

    @Test("Files of other models are refused")
    func others() throws {
        let network = try build("input_resolution: 224")
        for list in ["openai_clip_vit_b16", "torchvision_resnet50"] {
            let file = try PublishedWeights.load(list)
            #expect(throws: LoadError.self) { try network.loadPretrained(file, source: list) }
        }
    }

    @Test(
        "Maps are those of timm, torchvision and mmsegmentation",
        arguments: ["timm", "torchvision", "mmsegmentation"])
    func maps(project: String) throws {
        let answers = try TensorFile.load(PublishedWeights.path("tiny_vit_answers.safetensors"))
            .tensors
        let weights = try WeightsFile.load(PublishedWeights.path("tiny_vit_\(project).pth")).tensors
        let network = try build(
            "width: 16, heads: 2, layers: 4, input_resolution: 64, out_indices: [0, 1, 2, 3], final_norm: true"
        )
        #expect(
            try network.loadPretrained(weights, source: project).missing.allSatisfy {
                $0.hasPrefix("fpn")
            })
        try network.setTraining(false)
        let found = try withoutGrad { try network(#require(answers["\(project).image"])) }.maps
        // The third level is the third block's map, normalised; the fourth the last block's,
        // normalised and pooled.
        let third = try #require(answers["\(project).2"])
        let fourth = try #require(answers["\(project).3"])
        #expect(try (found[2] - third).abs().amax().item() < 1e-4)
        #expect(try (found[3] - fourth.maxPool2d(2)).abs().amax().item() < 1e-4)
    }

    @Test("Positions of no square grid, or of another width, are not resized")
    func noGrid() throws {
        let network = try build(
            "layers: 4, width: 16, heads: 2, input_resolution: 32, out_indices: [0, 1, 2, 3]")
        func adapted(_ shape: [Int], _ key: String = "pos_embed") throws -> [Int]? {
            try network.adapted(Tensor.zeros(shape, dtype: .float16), key, to: [1, 5, 16])?.shape
        }
        #expect(try adapted([1, 197, 16]) == [1, 5, 16] && adapted([1, 10, 16]) == [1, 5, 16])
        for shape in [[1, 198, 16], [1, 1, 16], [1, 10, 15], [10, 16], [2, 10, 16]] {
            #expect(try adapted(shape) == nil)
        }
        #expect(try adapted([1, 10, 16], "cls_token") == nil)
    }
}
