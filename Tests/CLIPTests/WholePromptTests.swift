import DenseKitCore
import Testing

@testable import DenseKitCLIP

/// Whole prompts: what they begin with together is computed once, which must not show.
@Suite struct WholePromptTests {
    private func plain(_ encoder: CLIPTextEncoder, _ rows: [[Int]]) throws -> Tensor {
        try naive(encoder, rows, Tensor.zeros([1, 0, encoder.width])).selected(0, 0)
    }

    @Test(arguments: [
        [row([3, 4, 5, 1]), row([3, 4, 7]), row([3, 4, 5])],  // "a photo of …"
        [row([3]), row([4]), row([5, 6])],  // nothing in common but the start
        [row([3, 4]), row([3, 4]), row([3, 4])],  // all the same: the end token alone is left
        [row([3, 4]), row([3, 4, 5, 6, 7])],  // one is the beginning of the other
        [row([]), row([2, 2])],
        [row([1, 2, 3, 4, 5])],
    ])
    func equalsTheWholeSequences(_ rows: [[Int]]) throws {
        for (width, heads, layers) in [(8, 2, 1), (8, 4, 3), (6, 1, 2)] {
            let encoder = try randomEncoder(width: width, heads: heads, layers: layers)
            let found = try encoder(rows)
            #expect(found.shape == [rows.count, 5])
            #expect(try (found - plain(encoder, rows)).abs().amax().item() < 2e-5)
        }
    }

    @Test func gradientsToo() throws {
        let encoder = try randomEncoder(layers: 2)
        let rows = [row([3, 4, 5, 1]), row([3, 4, 7]), row([3, 2])]
        let weights = try Tensor.randomNormal([3, 5], generator: RandomGenerator(seed: 8))
        func gradients(_ output: Tensor) throws -> [(String, Tensor)] {
            try (output * weights).sum().backward()
            return try encoder.namedParameters().map { entry in
                let gradient = try #require(entry.tensor.grad, "\(entry.name)").cloned()
                try entry.tensor.clearGrad()
                return (entry.name, gradient)
            }
        }
        for ((name, a), (_, b)) in try zip(
            gradients(encoder(rows)), gradients(plain(encoder, rows)))
        {
            #expect(
                try (a - b).abs().amax().item() < 1e-4 * max(1, b.abs().amax().item()), "\(name)")
        }
    }

    @Test func whatIsShared() throws {
        let prompts = try Prompts(
            [row([3, 4, 5, 1]), row([3, 4, 7]), row([3, 4, 5])], contexts: 0, positions: 12)
        #expect(prompts.shared == [18, 3, 4])
        #expect(
            prompts.tokens == [7, 19, 5, 19, 5, 1, 19]
                && prompts.positions == [3, 4, 3, 4, 3, 4, 5])
        #expect(prompts.ends == [6, 1, 3] && prompts.order == [2, 0, 1])
        // Contexts stand behind the start token: what comes after them is shared no more.
        let contexts = try Prompts([row([3, 4]), row([3, 5])], contexts: 2, positions: 12)
        #expect(contexts.shared == [18] && contexts.positions == [3, 4, 5, 3, 4, 5])
    }

    /// A prompt that fills the positions, and one that does not fit.
    @Test func length() throws {
        let encoder = try randomEncoder()
        let rows = [
            [18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 19], [18, 1, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ]
        #expect(try (encoder(rows) - plain(encoder, rows)).abs().amax().item() < 2e-5)
        let error = try #require(throws: SettingError.self) {
            try encoder([[18] + [Int](repeating: 1, count: 11) + [19]])
        }
        #expect(
            error.description
                == "a prompt of 13 tokens (1 start, 0 contexts, 12 of the name and end) does not fit into 12 positions"
        )
    }

    @Test func positionsUnlessSaid() throws {
        let context = BuildContext(registry: Registry())
        let small = "{width: 8, heads: 2, layers: 1, vocabulary_size: 20}"
        #expect(
            try CLIPTextEncoder(.decode(yaml: small), context).positionalEmbedding.shape == [77, 8])
        #expect(
            try CLIPTextContextEncoder(.decode(yaml: small), context).positionalEmbedding.shape == [
                13, 8,
            ])
    }

    @Test func asAPart() throws {
        let registry = try Registry([CLIPPlugin()])
        let node = try YAMLNode.parse(
            "{type: CLIPTextEncoder, width: 8, heads: 2, layers: 1, output_dim: 3}"
        ).decode(
            ComponentNode.self)
        let part = try registry.parts.make(node, BuildContext(registry: registry))
        let texts = try Tensor.from([Int64(49406), 320, 1125, 49407, 49406, 320, 49407, 0])
            .reshaped([2, 4])
        #expect(try part.run(["texts": texts])["text_embeddings"]?.shape == [2, 3])
        let error = try #require(throws: ModelPartError.self) { try part.run(["text": texts]) }
        #expect(error.description == "input 'texts' is missing; given: text")
    }
}
