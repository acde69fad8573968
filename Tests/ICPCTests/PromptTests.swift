import DenseKitCore
import Testing

@testable import DenseKitCLIP
@testable import DenseKitICPC
@testable import DenseKitLanguageGuidance

/// What stands before the names, compared with prompts written out one by one.
@Suite struct PromptTests {
    private func prompts(_ model: DenseModel) throws -> InstancePrompts {
        try #require(try model.icpc.prompting as? InstancePrompts)
    }

    /// Embeddings of whole prompts, each by itself at its full length, with `contexts` `[n, width]`
    /// behind the start token.
    private func byHand(_ encoder: CLIPTextEncoder, _ names: [[Int]], _ contexts: Tensor) throws
        -> Tensor
    {
        let n = contexts.size(0)
        return try Tensor.stack(
            names.map { row in
                let words = try encoder.tokenEmbedding(Tensor.from(row.map(Int64.init)))
                let parts = try [
                    words.narrowed(0, 0, 1), contexts, words.narrowed(0, 1, row.count - 1),
                ]
                let positions = try encoder.positionalEmbedding.narrowed(0, 0, n + row.count)
                var x = try (Tensor.cat(parts, dim: 0) + positions).unsqueezed(0)
                for block in encoder.transformer.resblocks {
                    x = try x + block.attn(block.ln1(x), causal: true)
                    x = try x + block.mlp(block.ln2(x))
                }
                let end = n + (row.firstIndex(of: row.max() ?? 0) ?? 0)
                return try encoder.lnFinal(x).selected(1, end).matmul(encoder.textProjection)
                    .reshaped([-1])
            })
    }

    @Test(arguments: [InstancePrompting.icpc, .cocoop, .instance]) func wholePrompts(
        _ prompting: InstancePrompting
    ) throws {
        let model = try model(tinyCLIP, "prompting: \(prompting.rawValue), num_contexts: 3")
        let icpc = try model.icpc
        let prompts = try prompts(model)
        // At their start projector and positions are small beside the contexts.
        for layer in [prompts.projector.linear1, prompts.projector.linear2] {
            try layer.weight.normalInPlace(std: 0.5)
        }
        try prompts.textEncoder.positionalEmbedding.normalInPlace(std: 0.5)
        let global = try Tensor.randomNormal([2, 20], generator: RandomGenerator(seed: 7))
        let found = try prompts.text(icpc.names, prompts.projector(global), prompts.prompting)
        #expect(found.shape == [2, 3, 20])
        let instance = try prompts.projector(global)
        #expect(instance.shape == [2, 16])
        for image in 0..<2 {
            let own = try instance.narrowed(0, image, 1)
            let contexts =
                switch prompting {
                case .icpc:
                    try Tensor.cat([#require(prompts.contexts).selected(0, 0), own], dim: 0)
                case .cocoop: try #require(prompts.contexts).selected(0, 0) + own
                default: own
                }
            let expected = try byHand(prompts.textEncoder, icpc.names, contexts)
            #expect(try (found.selected(0, image) - expected).abs().amax().item() < 2e-5)
        }
        #expect(try (found.selected(0, 0) - found.selected(0, 1)).abs().amax().item() > 1e-3)
    }

    /// Gradients of the shared form are those of whole prompts.
    @Test func gradients() throws {
        let model = try model(tinyCLIP, "num_contexts: 2")
        let icpc = try model.icpc
        let prompts = try prompts(model)
        let global = try Tensor.randomNormal([2, 20], generator: RandomGenerator(seed: 7))
        let weights = try Tensor.randomNormal([2, 3, 20], generator: RandomGenerator(seed: 8))
        let tensors = try prompts.namedParameters()
        func gradients(_ text: Tensor) throws -> [Tensor] {
            for entry in tensors { try entry.tensor.clearGrad() }
            try (text * weights).sum().backward()
            return try tensors.map { try #require($0.tensor.grad, "\($0.name)").cloned() }
        }
        let shared = try gradients(
            prompts.text(icpc.names, prompts.projector(global), prompts.prompting))
        let instance = try prompts.projector(global)
        let whole = try gradients(
            Tensor.stack(
                (0..<2).map { image in
                    let contexts = try Tensor.cat(
                        [
                            #require(prompts.contexts).selected(0, 0),
                            instance.narrowed(0, image, 1),
                        ], dim: 0)
                    return try byHand(prompts.textEncoder, icpc.names, contexts)
                }))
        for (entry, (a, b)) in zip(tensors, zip(shared, whole)) {
            #expect(
                try (a - b).abs().amax().item() < 1e-4 * max(1, b.abs().amax().item()),
                "\(entry.name)")
        }
    }

    @Test(arguments: [
        (InstancePrompting.icpc, 9), (.coop, 8), (.cocoop, 8), (.instance, 1), (.template, 0),
    ])
    func positions(_ prompting: InstancePrompting, _ contexts: Int) throws {
        let names = try model(tinyCLIP, "prompting: \(prompting.rawValue)").namedTensors()
        let positions = try #require(names.first { $0.name == "text_encoder.positional_embedding" })
            .tensor.size(0)
        // In bytes: "road" and start and end; "a photo of a road." and start and end.
        #expect(positions == (prompting == .template ? 20 : contexts + 6))
        #expect(
            names.contains { $0.name == "contexts" } == [.icpc, .coop, .cocoop].contains(prompting))
        #expect(
            names.contains { $0.name.hasPrefix("projector.") }
                == [.icpc, .cocoop, .instance].contains(prompting))
    }

    /// The projector has a sixteenth of the embeddings' width between its layers, and starts small.
    @Test func projector() throws {
        let projector = try Projector(64, hidden: nil, 16)
        #expect(
            projector.linear1.weight.shape == [4, 64] && projector.linear2.weight.shape == [16, 4])
        #expect(
            try projector.linear1.weight.abs().amax().item() <= 2
                && projector.linear1.bias?.abs().amax().item() == 0)
        #expect(try projector.linear1.weight.norm().item() < 0.02 * 16 * 1.5)
        let global = try Tensor.full([1, 64], -1)
        try withoutGrad { _ = try projector.linear1.weight.fillInPlace(1) }
        #expect(try projector(global).abs().amax().item() == 0)  // ReLU
    }
}
