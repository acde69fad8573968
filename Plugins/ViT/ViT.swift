import DenseKitCore

/// The plain Vision Transformer, with a pyramid of four levels made of the outputs of four blocks.
/// (Dosovitskiy et al. 2021; keys as in mmsegmentation's `VisionTransformer`)
///
/// Images `[n, 3, h, w]`, padded with zeros on the right and below to whole patches → maps
/// `[n, width, …]` at strides 4, 8, 16 and 32.
public final class ViT: Module, Backbone {
    /// The settings of a ViT in YAML; the defaults are ViT-B/16.
    public struct Configuration: VisionTransformerConfiguration {
        /// Side of a patch in pixels: 16 or 8.
        public var patchSize = 16
        /// Channels of a token, and of every level of the pyramid.
        public var width = 768
        /// Number of Transformer blocks, 1…1000.
        public var layers = 12
        /// Attention heads, a divisor of `width`; nil for one for every 64 channels.
        public var heads: Int?
        /// Side in pixels of the images that the position embeddings belong to; for other sizes
        /// they are resized.
        public var inputResolution = 512
        /// How position embeddings are resized.
        public var interpolation = GridInterpolation.bicubic
        /// Stochastic depth of the last block, 0…1; it grows evenly from 0 at the first.
        public var dropPathRate = 0.0
        /// The four blocks, counted from 0 and ascending, whose outputs become the levels.
        public var outIndices = [3, 5, 7, 11]
        /// Whether the output of the last block passes a layer norm.
        public var finalNorm = false

        public init() {}
    }

    /// How the grid of position embeddings is resized: `bicubic` or `bilinear`.
    public enum GridInterpolation: String, Codable, Sendable, CaseIterable {
        /// Bicubic interpolation, as timm does it.
        case bicubic
        /// Bilinear interpolation.
        case bilinear

        var mode: Interpolation { self == .bicubic ? .bicubic() : .bilinear() }
    }

    let patchEmbed: PatchEmbed
    @Parameter var clsToken: Tensor  // [1, 1, d]
    @Parameter var posEmbed: Tensor  // [1, 1 + grid², d]
    let layers: [EncoderLayer]
    let ln1: LayerNorm?
    let pyramid: TransformerPyramid
    let grid: Int
    let interpolation: GridInterpolation

    /// The pyramid's keys have no prefix: `fpn1` … `fpn4` are beside the Transformer's.
    override public var keys: [String: String] { ["pyramid": ""] }
    /// Channels of the four levels, `width` each, at strides 4, 8, 16 and 32.
    public var outputs: [FeatureSpec] { pyramid.outputs }
    /// The shortest side of an image in pixels; images are padded to whole patches.
    public var minimumSide: Int {
        TransformerPyramid.minimumSide - patchEmbed.projection.stride.height + 1
    }

    /// Builds the network with random weights.
    ///
    /// - Throws: `SettingError` for values out of range or that do not fit together.
    public init(_ configuration: Configuration, _ context: BuildContext) throws {
        let parts = try VisionTransformerParts(configuration)
        pyramid = parts.pyramid
        grid = parts.grid
        let width = configuration.width
        let patch = configuration.patchSize
        interpolation = configuration.interpolation
        patchEmbed = try PatchEmbed(width, patch)
        clsToken = try Tensor.empty([1, 1, width]).truncatedNormalInPlace(std: 0.02)
        posEmbed = try Tensor.empty([1, 1 + grid * grid, width]).truncatedNormalInPlace(std: 0.02)
        layers = try parts.dropPathRates.map {
            try EncoderLayer(width, heads: parts.heads, dropPath: $0)
        }
        ln1 = configuration.finalNorm ? try LayerNorm(width, eps: EncoderLayer.eps) : nil
    }

    /// The pyramid of images `[n, 3, h, w]`: four maps `[n, width, hᵢ, wᵢ]`, finest first.
    ///
    /// - Throws: `SettingError` for images with a side under `minimumSide`.
    public func callAsFunction(_ images: Tensor) throws -> Features {
        let patches = try patchEmbed(images)  // [n, d, h/16, w/16]
        let size = Size2D(patches.size(2), patches.size(3))
        let start = try clsToken.expanded([patches.size(0), 1, clsToken.size(2)])
        let positions = try posEmbed.selected(0, 0).resizedGrid(
            from: grid, to: size, interpolation.mode)
        var x = try Tensor.cat([start, patches.asTokens()], dim: 1) + positions  // [n, 1 + hw, d]
        var maps: [Tensor] = []
        for (index, layer) in layers.enumerated() {
            x = try layer(x)
            if index == layers.count - 1, let ln1 { x = try ln1(x) }
            if pyramid.blocks.contains(index) { maps.append(try x.asMap(size)) }
        }
        return Features(maps: try pyramid(maps))
    }

    /// Patches as a convolution that does not overlap. `[n, 3, h, w] → [n, d, ⌈h/p⌉, ⌈w/p⌉]`
    final class PatchEmbed: Module {
        let projection: Conv2d

        init(_ width: Int, _ patchSize: Int) throws {
            projection = try Conv2d(3, width, kernel: Size2D(patchSize), stride: Size2D(patchSize))
            super.init()
            try projection.weight.kaimingNormalInPlace()
            try withoutGrad { _ = try projection.bias?.fillInPlace(0) }
        }

        func callAsFunction(_ images: Tensor) throws -> Tensor {
            let patch = projection.stride
            let below = (patch.height - images.size(2) % patch.height) % patch.height
            let right = (patch.width - images.size(3) % patch.width) % patch.width
            return try projection(
                (below + right > 0 ? images.padded([0, right, 0, below]) : images).channelsLast())
        }
    }

    /// Attention and MLP, each on a normalised copy and added.
    final class EncoderLayer: Module {
        /// That of the published weights.
        static let eps = 1e-6

        let ln1: LayerNorm
        let attn: Attention
        let ln2: LayerNorm
        let ffn: FFN
        let dropPath: DropPath

        init(_ width: Int, heads: Int, dropPath: Double) throws {
            ln1 = try LayerNorm(width, eps: Self.eps)
            attn = try Attention(width, heads: heads)
            ln2 = try LayerNorm(width, eps: Self.eps)
            ffn = try FFN(width)
            self.dropPath = DropPath(dropPath)
        }

        func callAsFunction(_ x: Tensor) throws -> Tensor {
            let x = try x + dropPath(attn.attn(ln1(x)))
            return try x + dropPath(ffn.layers(ln2(x)))
        }
    }

    /// Holds the attention one level down, as mmcv's wrapper does.
    final class Attention: Module {
        let attn: MultiheadAttention

        init(_ width: Int, heads: Int) throws {
            attn = try MultiheadAttention(width, heads: heads)
            super.init()
            try attn.outProj.weight.truncatedNormalInPlace(std: 0.02)
        }
    }

    /// The MLP at mmcv's keys: `layers.0.0` and `layers.1`.
    final class FFN: Module {
        let layers: Sequential

        init(_ width: Int) throws {
            let first = try Linear(width, 4 * width)
            let second = try Linear(4 * width, width)
            layers = Sequential([Sequential([first, Activation(.gelu)]), second])
            super.init()
            for linear in [first, second] {
                try linear.weight.truncatedNormalInPlace(std: 0.02)
                try linear.bias?.normalInPlace(std: 1e-6)
            }
        }
    }
}

/// Registers the backbone `ViT`.
public struct ViTPlugin: Plugin {
    public init() {}

    public func register(in registry: inout Registry) {
        registry.backbones.register("ViT", ViT.init)
    }
}
