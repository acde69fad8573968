import DenseKitCore
import Testing

@testable import DenseKitCLIP

/// The encoder as the papers write it: whole prompts with their padding, one causal pass, read at
/// the end token.
func naive(_ encoder: CLIPTextEncoder, _ tokens: [[Int]], _ contexts: Tensor) throws -> Tensor {
    let b = contexts.size(0)
    let n = contexts.size(1)
    let d = contexts.size(2)
    let length = tokens[0].count
    var images: [Tensor] = []
    for image in 0..<b {
        var classes: [Tensor] = []
        for row in tokens {
            // [length, d]
            let embedded = try encoder.tokenEmbedding(Tensor.from(row.map(Int64.init)))
            let parts = try [
                embedded.narrowed(0, 0, 1), contexts.selected(0, image),
                embedded.narrowed(0, 1, length - 1),
            ]
            var x =
                try Tensor.cat(parts, dim: 0)
                + encoder.positionalEmbedding.narrowed(0, 0, n + length)
            x = try x.unsqueezed(0)
            for block in encoder.transformer.resblocks {
                x = try x + block.attn(block.ln1(x), causal: true)
                let hidden = try block.ln2(x).linear(block.mlp.cFc.weight, block.mlp.cFc.bias)
                x =
                    try x
                    + (hidden * (hidden * 1.702).sigmoid()).linear(
                        block.mlp.cProj.weight, block.mlp.cProj.bias)
            }
            // the first of the largest ids
            let end = try #require(row.indices.max { (row[$0], -$0) < (row[$1], -$1) })
            classes.append(
                try encoder.lnFinal(x).selected(1, n + end).matmul(encoder.textProjection).reshaped(
                    [-1]))
        }
        images.append(try Tensor.stack(classes))
    }
    #expect(d == encoder.width)
    return try Tensor.stack(images)
}

/// An encoder of random weights: also norms and biases, which start at 1 and 0.
func randomEncoder(
    width: Int = 8, heads: Int = 2, layers: Int = 2, positions: Int = 12, output: Int = 5
) throws
    -> CLIPTextContextEncoder
{
    var configuration = CLIPTextContextEncoder.Configuration()
    configuration.vocabularySize = 20
    configuration.width = width
    configuration.heads = heads
    configuration.layers = layers
    configuration.contextLength = positions
    configuration.outputDim = output
    let encoder = try CLIPTextContextEncoder(configuration, BuildContext(registry: Registry()))
    let generator = try RandomGenerator(seed: UInt64(width * 100 + layers))
    for entry in try encoder.namedParameters() {
        let spread =
            entry.name.hasSuffix("embedding.weight") || entry.name == "positional_embedding"
            ? 1.0 : 0.3
        try entry.tensor.normalInPlace(
            mean: entry.name.contains("ln_") && entry.name.hasSuffix("weight") ? 1 : 0, std: spread,
            generator: generator)
    }
    return encoder
}

/// Start token 18, end token 19, padding 0.
func row(_ name: [Int], _ length: Int = 7) -> [Int] {
    [18] + name + [19] + [Int](repeating: 0, count: length - name.count - 2)
}

@Suite struct TextEncoderTests {
    private let names = [
        row([3]), row([1, 2, 3, 4]), row([]), row([7, 7]), row([5]), row([0, 1, 17, 3, 2]),
        row([2, 1]),
    ]

    private func contexts(_ batch: Int, _ count: Int, _ width: Int) throws -> Tensor {
        try Tensor.randomNormal([batch, count, width], generator: RandomGenerator(seed: 5))
    }

    @Test(arguments: [(8, 2, 1, 1), (8, 2, 2, 1), (8, 4, 3, 2), (6, 1, 2, 3), (12, 3, 4, 1)])
    func equalsTheWholeSequences(_ width: Int, _ heads: Int, _ layers: Int, _ batch: Int) throws {
        let encoder = try randomEncoder(width: width, heads: heads, layers: layers)
        let contexts = try contexts(batch, 3, width)
        let found = try encoder(names, contexts: contexts)
        #expect(found.shape == [batch, names.count, 5])
        #expect(try (found - naive(encoder, names, contexts)).abs().amax().item() < 2e-5)
    }

    /// Contexts of all images in front of those of each: the same as all of them for every image.
    @Test(arguments: [(1, 1, 1), (2, 8, 1), (3, 2, 3), (2, 1, 4)])
    func sharedContextsInFront(_ batch: Int, _ shared: Int, _ own: Int) throws {
        let encoder = try randomEncoder(layers: 3, positions: 16)
        let all = try contexts(1, shared, 8)
        let each = try contexts(batch, own, 8) * 0.7
        let found = try encoder(names, shared: all, own: each)
        #expect(found.shape == [batch, names.count, 5])
        let whole = try Tensor.cat([all.expanded([batch, shared, 8]), each], dim: 1)
        #expect(try (found - naive(encoder, names, whole)).abs().amax().item() < 2e-5)
        #expect(try (found - encoder(names, contexts: whole)).abs().amax().item() < 2e-5)
        let counter = OperationCounter()
        let counted = try counter.count {
            try withoutGrad { try encoder(names, shared: all, own: each) }
        }
        #expect(try (found - counted).abs().amax().item() < 2e-5)
    }

    @Test func oneClassAndEqualLengths() throws {
        let encoder = try randomEncoder()
        let contexts = try contexts(2, 4, 8)
        for rows in [
            [row([3, 4])], [row([3, 4]), row([5, 6]), row([1, 1])], [row([1, 2, 3, 4, 5])],
        ] {
            #expect(
                try (encoder(rows, contexts: contexts) - naive(encoder, rows, contexts)).abs()
                    .amax().item() < 2e-5)
        }
    }

    /// What is counted is computed by definition, and gives the same embeddings, also of rows of
    /// several lengths.
    @Test(arguments: [1, 3]) func theDefinitionGivesTheSame(_ batch: Int) throws {
        let encoder = try randomEncoder(layers: 3)
        let contexts = try contexts(batch, 3, 8)
        for rows in [names, [row([3, 4]), [18, 19], row([1, 2, 3, 4, 5])]] {
            let found = try OperationCounter().count { try encoder(rows, contexts: contexts) }
            let shared = try OperationCounter(countsDefinitions: false).count {
                try encoder(rows, contexts: contexts)
            }
            #expect(found.shape == [batch, rows.count, 5])
            #expect(try (found - encoder(rows, contexts: contexts)).abs().amax().item() < 2e-5)
            #expect(try (found - shared).abs().amax().item() < 2e-5)
        }
    }

    /// 7 prompts of 3 contexts and 7 tokens: projections, attention, MLP of 2 layers, the text
    /// projection of every class.
    @Test func theDefinitionCostsWholePrompts() throws {
        let encoder = try randomEncoder()
        let counter = OperationCounter()
        _ = try counter.count { try encoder(names, contexts: contexts(1, 3, 8)) }
        let products = counter.entries.filter { $0.operation == .matrixProduct }.reduce(0) {
            $0 + $1.amount
        }
        let block = 70 * (4 * 64 + 8 * 64) + 7 * 2 * 100 * 8
        #expect(products == Double(2 * block + 7 * 8 * 5))
        let norms = counter.entries.filter { $0.operation == .layerNorm }.reduce(0) {
            $0 + $1.amount
        }
        #expect(norms == 7 * 10 * 8 * 5)
    }

    /// Gradients of every parameter and of the contexts, with different weights on all outputs.
    @Test(arguments: [1, 3]) func gradientsToo(_ layers: Int) throws {
        let encoder = try randomEncoder(layers: layers)
        let contexts = try contexts(2, 3, 8)
        try contexts.setRequiresGrad(true)
        let weights = try Tensor.randomNormal(
            [2, names.count, 5], generator: RandomGenerator(seed: 8))
        func gradients(_ output: Tensor) throws -> [(String, Tensor)] {
            try (output * weights).sum().backward()
            var result = [("contexts", try #require(contexts.grad).cloned())]
            try contexts.clearGrad()
            for entry in try encoder.namedParameters() {
                result.append(
                    (entry.name, try #require(entry.tensor.grad, "\(entry.name)").cloned()))
                try entry.tensor.clearGrad()
            }
            return result
        }
        let found = try gradients(encoder(names, contexts: contexts))
        let expected = try gradients(naive(encoder, names, contexts))
        for ((name, a), (_, b)) in zip(found, expected) {
            #expect(
                try (a - b).abs().amax().item() < 1e-4 * max(1, b.abs().amax().item()), "\(name)")
        }
        #expect(try found[0].1.abs().amax().item() > 0.01)
    }

    /// What stands after the end token must not matter, nor which other classes there are.
    @Test func classesAndPaddingAreApart() throws {
        let encoder = try randomEncoder()
        let contexts = try contexts(1, 3, 8)
        let all = try encoder(names, contexts: contexts)
        for (index, name) in names.enumerated() {
            #expect(
                try (encoder([name], contexts: contexts).selected(1, 0) - all.selected(1, index))
                    .abs().amax().item() < 1e-5)
        }
        let padded = try encoder([[18, 3, 19, 5, 4]], contexts: contexts)
        #expect(try (padded.selected(1, 0) - all.selected(1, 0)).abs().amax().item() < 1e-5)
        let swapped = try encoder([names[1], names[0]], contexts: contexts)
        #expect(try (swapped.selected(1, 0) - all.selected(1, 1)).abs().amax().item() < 1e-5)
        #expect(try (all.selected(1, 0) - all.selected(1, 4)).abs().amax().item() > 0.01)
    }

    @Test(arguments: [
        (
            "no class", [[Int]](),
            "prompts need at least one class, and one start token for all of them"
        ),
        (
            "an empty row", [[]],
            "prompts need at least one class, and one start token for all of them"
        ),
        (
            "two starts", [[18, 19], [17, 19]],
            "prompts need at least one class, and one start token for all of them"
        ),
        ("no end", [[18, 19], [18, 3]], "a row of token ids has no end token after its start"),
        (
            "too long", [[18, 1, 2, 3, 4, 5, 6, 7, 8, 19]],
            "a prompt of 13 tokens (1 start, 3 contexts, 9 of the name and end) does not fit into 12 positions"
        ),
    ])
    func promptsThatCannotBe(_ name: String, _ rows: [[Int]], _ expected: String) throws {
        let encoder = try randomEncoder()
        let error = try #require(throws: SettingError.self) {
            try encoder(rows, contexts: contexts(1, 3, 8))
        }
        #expect(error.description == expected)
    }

    @Test func theLongestPromptFits() throws {
        let encoder = try randomEncoder()
        let rows = [[18, 1, 2, 3, 4, 5, 6, 7, 19]]  // 3 contexts: 12 positions
        let contexts = try contexts(1, 3, 8)
        #expect(
            try (encoder(rows, contexts: contexts) - naive(encoder, rows, contexts)).abs().amax()
                .item() < 2e-5)
    }

    @Test func aTokenOutsideTheVocabularyIsAnError() throws {
        let error = try #require(throws: TorchError.self) {
            try randomEncoder()([[18, 3, 20]], contexts: contexts(1, 3, 8))
        }
        #expect(error.operation == "embedding")
    }

    @Test(arguments: [
        ("{heads: 3}", "the text encoder's width 512 cannot be shared by 3 heads"),
        ("{heads: 0}", "the text encoder's width 512 cannot be shared by 0 heads"),
        ("{width: 0}", "the text encoder's width must be 1…65536, found 0"),
        (
            "{width: 9223372036854775800}",
            "the text encoder's width must be 1…65536, found 9223372036854775800"
        ),
        ("{layers: 0}", "the text encoder's layers must be 1…1000, found 0"),
        (
            "{layers: 9223372036854775807}",
            "the text encoder's layers must be 1…1000, found 9223372036854775807"
        ),
        ("{context_length: 1}", "context_length must be 2…65536, found 1"),
        ("{vocabulary_size: 0}", "vocabulary_size must be 1…16777216, found 0"),
        ("{output_dim: -1}", "output_dim must be 1…65536, found -1"),
    ])
    func settingsOutOfRange(_ yaml: String, _ expected: String) throws {
        let error = try #require(throws: SettingError.self) {
            try CLIPTextContextEncoder(.decode(yaml: yaml), BuildContext(registry: Registry()))
        }
        #expect(error.description == expected)
    }
}
