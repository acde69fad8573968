import DenseKitCore

/// CLIP's Vision Transformer with a pyramid of four levels from four of its blocks, and, with
/// `embeddings`, an embedding of every position in the space of the text. (Radford et al. 2021,
/// section 2.4; the pyramid and the local embeddings are DenseCLIP's)
///
/// Images `[n, 3, h, w]` → maps `[n, width, …]` at strides 4, 8, 16 and 32; with `embeddings` also
/// a global embedding `[n, d]` and a language map `[n, d, h/p, w/p]`, where p is `patch_size`.
/// Pixels at the right and lower edge that fill no patch are ignored, as in DenseCLIP's code.
///
/// Stochastic depth drops a residual branch for whole images. In DenseCLIP's code, where tokens are
/// the first dimension, it drops tokens, for all images at once.
public final class CLIPViT: Module, Backbone {
    /// Settings of CLIP's Vision Transformers; the defaults are ViT-B/16 for images of 640 pixels.
    public struct Configuration: VisionTransformerConfiguration {
        /// Side of a patch in pixels: 16, or 8, whose language map has stride 8.
        public var patchSize = 16
        /// Channels of a token, a multiple of `heads`, 1…65536: 768 for ViT-B.
        public var width = 768
        /// Transformer blocks, 1…1000: 12 for ViT-B.
        public var layers = 12
        /// Attention heads; nil: one for every 64 channels.
        public var heads: Int?
        /// Adds the language-compatible outputs: the global embedding and the language map.
        public var embeddings = true
        /// d: width of the embeddings, 1…65536.
        public var outputDim = 512
        /// Side of the images, in pixels, that the grid of positions belongs to, from `patchSize`
        /// to 32768. For other sizes the grid is resized.
        public var inputResolution = 640
        /// The grid of the language map: `native`, the patches' own, or `fixed`, a square of
        /// `input_resolution` / 32 positions a side that the patches are averaged to.
        public var languageGrid = LanguageGrid.native
        /// QuickGELU, as in OpenAI's weights; `false`: exact GELU, as in most of open_clip's. With
        /// `embeddings` the model's text encoder takes it over.
        public var quickGelu = true
        /// Stochastic depth: probability, 0…1, that a residual branch of the last block is dropped
        /// for an image in training; it rises evenly from 0 at the first block.
        public var dropPathRate = 0.0
        /// The blocks, from 0, that the four levels come from, in ascending order.
        public var outIndices = [3, 5, 7, 11]

        public init() {}
    }

    @Parameter var classEmbedding: Tensor  // [d]
    // [1 + grid², d]; row 0 belongs to the class embedding
    @Parameter var positionalEmbedding: Tensor
    @Parameter var proj: Tensor?  // [d, output]
    let conv1: Conv2d
    let lnPre: LayerNorm
    let transformer: Transformer
    let lnPost: LayerNorm?
    let pyramid: TransformerPyramid
    let grid: Int
    let languageSide: Int?  // of the fixed grid
    /// Width, grid and GELU of the language side; nil without `embeddings`.
    public let language: LanguageSpec?

    override public var keys: [String: String] { ["pyramid": ""] }
    /// Four levels of `width` channels at strides 4, 8, 16 and 32.
    public var outputs: [FeatureSpec] { pyramid.outputs }
    /// 32 pixels, with which the coarsest level has one position.
    public var minimumSide: Int { TransformerPyramid.minimumSide }

    /// - Throws: `SettingError` for settings out of range or that do not fit together.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let parts = try VisionTransformerParts(configuration)
        pyramid = parts.pyramid
        grid = parts.grid
        let width = configuration.width
        let patch = configuration.patchSize
        let std = 1 / Double(width).squareRoot()
        classEmbedding = try Tensor.empty([width]).normalInPlace(std: std)
        positionalEmbedding = try Tensor.empty([1 + grid * grid, width]).normalInPlace(std: std)
        conv1 = try Conv2d(3, width, kernel: Size2D(patch), stride: Size2D(patch), bias: false)
        lnPre = try LayerNorm(width)
        transformer = try Transformer(
            width, heads: parts.heads, dropPath: parts.dropPathRates,
            quickGELU: configuration.quickGelu)
        languageSide = configuration.languageGrid.side(
            inputResolution: configuration.inputResolution)
        guard configuration.embeddings else {
            proj = nil
            lnPost = nil
            language = nil
            return
        }
        try SettingError.check("output_dim", configuration.outputDim, in: 1...65536)
        lnPost = try LayerNorm(width)
        proj = try Tensor.empty([width, configuration.outputDim]).normalInPlace(std: std)
        language = LanguageSpec(
            width: configuration.outputDim, stride: patch, side: languageSide,
            quickGELU: configuration.quickGelu)
    }

    /// The pyramid of a batch of normalised images `[n, 3, h, w]`, and with `embeddings`
    /// `globalEmbedding [n, d]` and `languageMap [n, d, h/p, w/p]` (p is `patch_size`), or on the
    /// fixed grid where one is set.
    ///
    /// - Throws: `SettingError` for images of less than 32 pixels a side.
    public func callAsFunction(_ images: Tensor) throws -> Features {
        let patches = try conv1(images.channelsLast())  // [n, d, h/16, w/16]
        let size = Size2D(patches.size(2), patches.size(3))
        var x = try lnPre(embedded(patches.asTokens(), size))  // [n, 1 + hw, d]
        var maps: [Tensor] = []
        for (index, block) in transformer.resblocks.enumerated() {
            x = try block(x)
            if pyramid.blocks.contains(index) { maps.append(try x.asMap(size)) }
        }
        var features = Features(maps: try pyramid(maps))
        if let lnPost, let proj {
            var tokens = x
            var grid = size
            if let languageSide {
                let places = try x.asMap(size).averaged(to: languageSide).asTokens()
                tokens = try Tensor.cat([x.narrowed(1, 0, 1), places], dim: 1)
                grid = Size2D(languageSide)
            }
            let embeddings = try lnPost(tokens).matmul(proj)  // [n, 1 + hw, output]
            features.globalEmbedding = try embeddings.selected(1, 0)
            features.languageMap = try embeddings.asMap(grid)
        }
        return features
    }

    /// The class embedding and the patches, each with its position. DenseCLIP's code adds the class
    /// embedding to its own position too: it counts twice.
    private func embedded(_ patches: Tensor, _ size: Size2D) throws -> Tensor {
        let positions = try positionalEmbedding.resizedGrid(from: grid, to: size)
        let token = try classEmbedding * 2 + positions.selected(0, 0)
        let start = try token.reshaped([1, 1, token.count]).expanded([
            patches.size(0), 1, token.count,
        ])
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
