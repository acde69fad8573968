import DenseKitCore
import Foundation
import Testing

@testable import DenseKitVerification

/// A case or a model that was changed must not pass, and must say why.
@Suite(.serialized) struct ChangedCaseTests {
    /// The outputs that fail, with their notes.
    private func failures(
        _ name: String, model: String? = nil,
        _ change: (inout [String: Any]) throws -> Void = { _ in },
        answers: (([String: Tensor]) throws -> [String: Tensor])? = nil
    ) throws -> [String: String] {
        let folder = try Folder(copyOf: name)
        try folder.edit(name + ".json", change)
        if let model { try folder.write(model, name + ".model.yaml") }
        if let answers {
            let path = folder.path(name + ".safetensors")
            try TensorFile.save(
                answers(TensorFile.load(path).tensors).map { ($0.key, $0.value) }, to: path)
        }
        let comparisons = try verify(folder.path(name + ".json"))
        let failures = comparisons.filter { !$0.passes }.map {
            ($0.output, $0.note.replacing(folder.url.path + "/", with: ""))
        }
        return Dictionary(failures) { first, _ in first }
    }

    /// Changes the entries of the list `key` of a case.
    private func change(
        _ key: String, of object: inout [String: Any], _ body: (inout [[String: Any]]) -> Void
    ) throws {
        var entries = try #require(object[key] as? [[String: Any]])
        body(&entries)
        object[key] = entries
    }

    @Test func anotherName() throws {
        let failures = try failures("context_decoder_eval") { object in
            try change("parameters", of: &object) { $0[0]["name"] = "memory_proj.9.weight" }
        }
        #expect(
            failures["memory_proj.0.weight"] == "the model has this tensor, the reference has not")
        #expect(
            failures["memory_proj.9.weight"] == "the reference has this tensor, the model has not")
    }

    @Test func derivedBuffersNeedNotBeThere() throws {
        let failures = try failures("context_decoder_eval") { object in
            try change("parameters", of: &object) {
                $0.append(["name": "derived", "shape": [1], "value": 0])
            }
            object["derived_buffers"] = ["derived"]
        }
        #expect(failures == [:])
    }

    @Test func anotherShape() throws {
        let failures = try failures("context_decoder_eval") { object in
            try change("parameters", of: &object) { $0[0]["shape"] = [1000] }
        }
        #expect(failures["memory_proj.0.weight"] == "shape [1024], the reference has [1000]")
    }

    @Test func aModelWithLessLayers() throws {
        let failures = try failures(
            "context_decoder_eval", model: "part: { type: ContextDecoder, layers: 2 }")
        #expect(
            failures["decoder.2.norm1.weight"] == "the reference has this tensor, the model has not"
        )
        #expect(
            failures.keys.count { $0.hasPrefix("decoder.2.") } > 10 && failures["text_diff"] != nil)
    }

    @Test func otherValues() throws {
        let failures = try failures("context_decoder_eval") { object in
            try change("inputs", of: &object) { $0[1]["seed"] = "another" }
        }
        #expect(
            failures["text_diff"]?.contains("outside rtol 0.001, atol 0.0003") == true
                && failures.count == 1)
    }

    @Test func answersOnOneSideOnly() throws {
        let failures = try failures(
            "context_decoder_eval", answers: { ["text_sum": try #require($0["text_diff"])] })
        #expect(
            failures == [
                "text_diff":
                    "the case names this output, and context_decoder_eval.safetensors does not have it",
                "text_sum": "we give no such output; we give text_diff",
            ])
    }

    @Test func nothingToCompare() throws {
        let error = try #require(throws: GoldenCaseError.self) {
            _ = try failures(
                "context_decoder_eval", { $0["outputs"] = [:] as [String: String] },
                answers: { _ in [:] })
        }
        #expect(
            error.description.hasSuffix(
                "context_decoder_eval.json: compares nothing: it has no expected outputs"))
        let other = try #require(throws: GoldenCaseError.self) {
            _ = try failures("seg_metrics") { $0["cases"] = [] as [Int] }
        }
        #expect(
            other.description.hasSuffix(
                "seg_metrics.json: compares nothing: it has no expected outputs"))
    }

    @Test func aMissingInput() throws {
        let error = try #require(throws: ModelPartError.self) {
            _ = try failures("context_decoder_eval") {
                $0["inputs"] = [try #require(($0["inputs"] as? [Any])?.first)]
            }
        }
        #expect(error.description == "input 'visual' is missing; given: text")
    }

    @Test(arguments: [
        (
            "backbone: { type: CLIPResNet }\npart: { type: ContextDecoder }",
            "a model file holds one of backbone:, part: or model:"
        ),
        ("{}", "a model file holds one of backbone:, part: or model:"),
        (
            "part: { type: ContextDecodr }",
            "unknown part 'ContextDecodr'; did you mean 'ContextDecoder'?"
        ),
        (
            "part: { type: ContextDecoder, laiers: 3 }",
            "unknown key 'laiers' of ContextDecoder; did you mean 'layers'?"
        ),
        (
            "part: { type: ContextDecoder, heads: 3 }",
            "the context decoder's width 256 cannot be shared by 3 heads"
        ),
        ("parts: {}", "unknown key 'parts'"),
    ])
    func modelsThatCannotBeBuilt(_ model: String, _ expected: String) throws {
        let error = #expect(throws: (any Error).self) {
            try failures("context_decoder_eval", model: model)
        }
        #expect("\(try #require(error))".contains(expected), "\(String(describing: error))")
    }

    @Test func missingFiles() throws {
        for (file, expected) in [
            ("model.yaml", "context_decoder_eval.model.yaml"),
            ("safetensors", "context_decoder_eval.safetensors"),
        ] {
            let folder = try Folder(copyOf: "context_decoder_eval")
            try FileManager.default.removeItem(atPath: folder.path("context_decoder_eval." + file))
            let error = #expect(throws: (any Error).self) {
                try verify(folder.path("context_decoder_eval.json"))
            }
            #expect("\(try #require(error))".contains(expected))
        }
    }

    /// Other cases' model files stand beside it, and none is meant.
    @Test func aMissingModelFile() throws {
        let folder = try Folder(copyOf: "context_decoder_eval")
        try FileManager.default.moveItem(
            atPath: folder.path("context_decoder_eval.model.yaml"),
            toPath: folder.path("context_decoder_val.model.yaml"))
        let error = try #require(throws: GoldenCaseError.self) {
            try verify(folder.path("context_decoder_eval.json"))
        }
        #expect(
            error.description.replacing(folder.url.path + "/", with: "")
                == "context_decoder_eval.json: needs a model file, which says what its model is in the terms of our configurations "
                + "(docs/verify.md): write context_decoder_eval.model.yaml, or name one with model:"
        )
    }

    /// A training step gives hundreds of outputs.
    @Test func aMissingNameAmongHundreds() throws {
        let failures = try failures(
            "denseclip_r50_fpn_train",
            answers: { answers in
                var answers = answers
                answers["loss/totale"] = try Tensor.zeros([])
                answers["quite another name"] = try Tensor.zeros([])
                return answers
            })
        let near = try #require(failures["loss/totale"])
        #expect(
            near.wholeMatch(
                of: /we give no such output; we give [0-9]{3} others; nearest: loss\/total.*/)
                != nil, "\(near)")
        let far = try #require(failures["quite another name"])
        #expect(
            far.wholeMatch(of: /we give no such output; we give [0-9]{3} others, such as .*/)
                != nil, "\(far)")
        #expect(near.count < 200 && far.count < 300)
    }

    @Test func anUnknownProcedure() throws {
        let error = try #require(throws: GoldenCaseError.self) {
            _ = try failures("context_decoder_eval") { $0["procedure_id"] = "x" }
        }
        #expect(
            error.description.contains("has the unknown procedure_id 'x'; known: backbone, text, "))
    }

    /// Another class, another score, one detection less, another count of positives.
    @Test func changedDetections() throws {
        let failures = try failures(
            "retinanet_r50_fpn_eval",
            answers: { answers in
                var answers = answers
                let labels = try #require(answers["det.labels"])
                answers["det.labels"] = try Tensor.from(
                    (labels.integers().first.map { [($0 + 1) % 12] } ?? [])
                        + labels.integers().dropFirst())
                for part in ["boxes", "scores", "labels"] {
                    answers["det_rescaled.\(part)"] = try answers["det_rescaled.\(part)"]?.narrowed(
                        0, 0, 99)
                }
                return answers
            })
        #expect(failures["det.labels"]?.contains("outside rtol 0.0, atol 0.0") == true)
        #expect(failures["det_rescaled.boxes"] == "shape [100, 4], the reference has [99, 4]")
        #expect(!failures.keys.contains { $0.hasPrefix("cls.") || $0.hasPrefix("fpn.") })
    }

    @Test func aDetectorThatIsNotFrozen() throws {
        let yaml = try String(
            contentsOf: goldens.appending(path: "retinanet_r50_fpn_train.model.yaml"),
            encoding: .utf8)
        let failures = try failures(
            "retinanet_r50_fpn_train", model: yaml.replacing("frozen_stages: 1, ", with: ""))
        #expect(
            failures["grad/backbone.conv1.weight"] == "has a gradient here, the reference has none")
    }

    @Test func aDetectorThatSegments() throws {
        let error = try #require(throws: GoldenCaseError.self) {
            _ = try failures(
                "retinanet_r50_fpn_eval",
                model: "model: { backbone: { type: ResNet, depth: 18 }, head: SemanticFPN }")
        }
        #expect(
            error.description.hasSuffix(
                "is a case of a detector, and the model's head detects nothing"))
    }

    @Test func changedMetrics() throws {
        let failures = try failures("seg_metrics") { object in
            try change("cases", of: &object) { cases in
                cases[0]["area"] = ["intersect": [76, 59, 78, 61, 60], "union": [1], "sky": [0]]
                cases[1]["summary_percent"] = ["aAcc": 45.6]
            }
        }
        #expect(
            failures["0.area.sky"] == "there is no such measure"
                && failures["0.area.union"] == "5 values, the reference has 1")
        #expect(
            Set(failures.keys) == [
                "0.area.intersect", "0.area.sky", "0.area.union", "1.summary_percent.aAcc",
            ])
    }

    @Test func changedImageOperations() throws {
        let failures = try failures(
            "resize_and_image_ops",
            { $0["imrescale_shapes"] = ["rows": [[683, 512, [2048, 512], 683, 511, 1.0]]] },
            answers: { answers in
                var answers = answers
                answers["bilinear_3x3_up"] = try Tensor.zeros([1])
                answers["imresize_u8_6x5"] = try #require(answers["imresize_u8_6x5"]) + 2
                return answers
            })
        #expect(
            Set(failures.keys) == ["bilinear_3x3_up", "imresize_u8_6x5", "imrescale_shapes/sizes"])
    }

    @Test(arguments: [
        (
            "optimizer", #"{"type": "Adamw", "lr": 0.1}"#,
            "unknown optimizer 'Adamw'; did you mean 'AdamW'?"
        ),
        ("optimizer", #"{"type": "AdamW", "amsgrad": true}"#, "unknown key 'amsgrad' of AdamW"),
        (
            "optimizer", #"{"type": "AdamW", "paramwise_cfg": {"norm_decay_mult": 0}}"#,
            "sets paramwise_cfg.norm_decay_mult"
        ),
        ("lr_config", #"{"policy": "cyclic"}"#, "unknown schedule 'Cyclic'"),
        ("lr_config", #"{"policy": "poly", "by_epoch": true}"#, "counts the schedule by epoch"),
        ("lr_config", #"{"policy": "poly", "warmup": "exp"}"#, "warms up by 'exp'"),
        ("lr_config", "{}", "needs config.lr_config.policy"),
    ])
    func recipesThatWeDoNotKnow(_ key: String, _ settings: String, _ expected: String) throws {
        let error = #expect(throws: (any Error).self) {
            try failures("adamw_trajectory") { object in
                var config = try #require(object["config"] as? [String: Any])
                config[key] = try JSONSerialization.jsonObject(with: Data(settings.utf8))
                object["config"] = config
            }
        }
        #expect("\(try #require(error))".contains(expected), "\(String(describing: error))")
    }

    @Test func anotherTrajectory() throws {
        let failures = try failures("adamw_trajectory") { object in
            var config = try #require(object["config"] as? [String: Any])
            var optimizer = try #require(config["optimizer"] as? [String: Any])
            optimizer["lr"] = 0.02
            config["optimizer"] = optimizer
            object["config"] = config
            object["group_order"] = (object["group_order"] as? [String])?.map {
                $0 == "norm.bias" ? "norm.bios" : $0
            }
        }
        #expect(failures["lr/norm.bios"] == "no group of the optimizer has this parameter")
        #expect(
            failures.keys.contains("lr_exact") && failures.keys.contains("group_base_lr")
                && failures.keys.contains("loss"))
    }
}
