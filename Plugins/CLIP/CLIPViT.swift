import DenseKitCore

/// CLIP's Vision Transformer with a pyramid of four levels out of the blocks on its way, and at its end, where language is wanted, every
/// position in the space of the text. (Radford et al. 2021, section 2.4; the pyramid and the local embeddings are DenseCLIP's)
///
/// Images `[n, 3, h, w]` → maps `[n, width, …]` at strides 4, 8, 16 and 32; with `embeddings` also a global embedding `[n, d]` and a
/// language map `[n, d, h/16, w/16]`. Pixels right and below that fill no patch are not seen, as in DenseCLIP's code.
///
/// Stochastic depth drops images. In DenseCLIP's code, where tokens come before images, it drops tokens of all images at once.
public final class CLIPViT: Module, Backbone {
    public struct Configuration: VisionTransformerConfiguration {
        /// Pixels of a patch's side: 16, or 8, whose language map has stride 8.
        public var patchSize = 16
        public var width = 768
        public var layers = 12
        /// Attention heads, where they are not one for every 64 channels.
        public var heads: Int?
        /// Adds the language-compatible outputs.
        public var embeddings = true
        /// Width of the embeddings.
        public var outputDim = 512
        /// Image size that the grid of positions belongs to. Other sizes resize the grid.
        public var inputResolution = 640
        /// The grid of the language-compatible map: the patches' own, or a fixed one of `input_resolution` / 32.
        public var languageGrid = LanguageGrid.native
        /// QuickGELU, as in OpenAI's weights; `false`: exact GELU, as in most of open_clip's. The text encoder of the model takes it over.
        public var quickGelu = true
        /// Stochastic depth of the last block; from 0 at the first it rises evenly.
        public var dropPathRate = 0.0
        /// The blocks, from 0, that the four levels come from.
        public var outIndices = [3, 5, 7, 11]

        public init() {}
    }

    @Parameter var classEmbedding: Tensor  // [d]
    @Parameter var positionalEmbedding: Tensor  // [1 + grid², d]; row 0 belongs to the class embedding
    @Parameter var proj: Tensor?  // [d, output]
    let conv1: Conv2d
    let lnPre: LayerNorm
    let transformer: Transformer
    let lnPost: LayerNorm?
    let pyramid: TransformerPyramid
    let grid: Int
    let languageSide: Int?  // of the fixed grid
    public let language: LanguageSpec?

    override public var keys: [String: String] { ["pyramid": ""] }
    public var outputs: [FeatureSpec] { pyramid.outputs }
    public var minimumSide: Int { TransformerPyramid.minimumSide }

    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let parts = try VisionTransformerParts(configuration)
        (pyramid, grid) = (parts.pyramid, parts.grid)
        let (width, patch) = (configuration.width, configuration.patchSize)
        let std = 1 / Double(width).squareRoot()
        classEmbedding = try Tensor.empty([width]).normalInPlace(std: std)
        positionalEmbedding = try Tensor.empty([1 + grid * grid, width]).normalInPlace(std: std)
        conv1 = try Conv2d(3, width, kernel: Size2D(patch), stride: Size2D(patch), bias: false)
        lnPre = try LayerNorm(width)
        transformer = try Transformer(
            width, heads: parts.heads, dropPath: parts.dropPathRates, quickGELU: configuration.quickGelu)
        languageSide = configuration.languageGrid.side(inputResolution: configuration.inputResolution)
        guard configuration.embeddings else {
            proj = nil
            (lnPost, language) = (nil, nil)
            return
        }
        try SettingError.check("output_dim", configuration.outputDim, in: 1...65536)
        lnPost = try LayerNorm(width)
        proj = try Tensor.empty([width, configuration.outputDim]).normalInPlace(std: std)
        language = LanguageSpec(
            width: configuration.outputDim, stride: patch, side: languageSide, quickGELU: configuration.quickGelu)
    }

    public func callAsFunction(_ images: Tensor) throws -> Features {
        let patches = try conv1(images.channelsLast())  // [n, d, h/16, w/16]
        let size = Size2D(patches.size(2), patches.size(3))
        var x = try lnPre(try embedded(patches.asTokens(), size))  // [n, 1 + hw, d]
        var maps: [Tensor] = []
        for (index, block) in transformer.resblocks.enumerated() {
            x = try block(x)
            if pyramid.blocks.contains(index) { maps.append(try x.asMap(size)) }
        }
        var features = Features(maps: try pyramid(maps))
        if let lnPost, let proj {
            var (tokens, grid) = (x, size)
            if let languageSide {
                let places = try x.asMap(size).averaged(to: languageSide).asTokens()
                (tokens, grid) = (try Tensor.cat([try x.narrowed(1, 0, 1), places], dim: 1), Size2D(languageSide))
            }
            let embeddings = try lnPost(tokens).matmul(proj)  // [n, 1 + hw, output]
            features.globalEmbedding = try embeddings.selected(1, 0)
            features.languageMap = try embeddings.asMap(grid)
        }
        return features
    }

    /// The class embedding and the patches, each with its position. DenseCLIP's code adds the class embedding to its own position too: it
    /// counts twice.
    private func embedded(_ patches: Tensor, _ size: Size2D) throws -> Tensor {
        let positions = try positionalEmbedding.resizedGrid(from: grid, to: size)
        let token = try classEmbedding * 2 + positions.selected(0, 0)
        let start = try token.reshaped([1, 1, token.count]).expanded([patches.size(0), 1, token.count])
        let places = try positions.narrowed(0, 1, size.height * size.width)
        return try Tensor.cat([start, patches + places], dim: 1)
    }

    final class Transformer: Module {
        let resblocks: [ResidualAttentionBlock]

        init(_ width: Int, heads: Int, dropPath: [Double], quickGELU: Bool) throws {
            resblocks = try dropPath.map {
                try ResidualAttentionBlock(
                    width, heads: heads, layers: dropPath.count, dropPath: $0, quickGELU: quickGELU)
            }
        }
    }
}
