/// The settings that every plain Vision Transformer has.
public protocol VisionTransformerConfiguration: YAMLConfiguration {
    /// Channels of a token.
    var width: Int { get }
    /// The number of blocks.
    var layers: Int { get }
    /// Attention heads; nil: one for every 64 channels, at least one.
    var heads: Int? { get }
    /// The side of a patch in pixels: 16 or 8.
    var patchSize: Int { get }
    /// The side of the images, in pixels, that the position embeddings belong to.
    var inputResolution: Int { get }
    /// The probability that the last block is dropped in training, 0…1; it grows linearly from 0 at
    /// the first block.
    var dropPathRate: Double { get }
    /// The four blocks, counted from 0, whose outputs become the levels of the pyramid.
    var outIndices: [Int] { get }
}

/// What a plain Vision Transformer derives from its settings, after checking them.
public struct VisionTransformerParts {
    /// The pyramid on the maps of the blocks `outIndices`.
    public let pyramid: TransformerPyramid
    /// Attention heads of each block; they divide `width`.
    public let heads: Int
    /// Patches along a side of an image of `inputResolution`.
    public let grid: Int
    /// The probability, 0…1, that each block is dropped in training.
    public let dropPathRates: [Double]

    /// - Throws: `SettingError` for values out of range or that do not fit together.
    public init(_ configuration: some VisionTransformerConfiguration) throws {
        let width = configuration.width
        let patch = configuration.patchSize
        try SettingError.check("width", width, in: 1...65536)
        try SettingError.check("layers", configuration.layers, in: 1...1000)
        try SettingError.check("drop_path_rate", configuration.dropPathRate, in: 0...1)
        pyramid = try TransformerPyramid(
            width, patchSize: patch, outIndices: configuration.outIndices,
            layers: configuration.layers)
        try SettingError.check("input_resolution", configuration.inputResolution, in: patch...32768)
        heads = configuration.heads ?? max(1, width / 64)
        guard heads > 0, width.isMultiple(of: heads) else {
            throw SettingError(
                key: "heads", "a width of \(width) cannot be shared by \(heads) heads")
        }
        grid = configuration.inputResolution / patch
        dropPathRates = DropPath.rates(
            upTo: configuration.dropPathRate, blocks: configuration.layers)
    }
}
