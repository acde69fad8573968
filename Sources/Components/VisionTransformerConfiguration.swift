/// The settings that every plain Vision Transformer has.
public protocol VisionTransformerConfiguration: YAMLConfiguration {
    /// Channels of a token.
    var width: Int { get }
    var layers: Int { get }
    /// One for every 64 channels if left out.
    var heads: Int? { get }
    var patchSize: Int { get }
    /// The side of the images, in pixels, that the position embeddings belong to.
    var inputResolution: Int { get }
    /// Of the last block; it grows from 0 with the depth.
    var dropPathRate: Double { get }
    /// The blocks, from 0, that the four levels come from.
    var outIndices: [Int] { get }
}

/// What follows from these settings.
public struct VisionTransformerParts {
    public let pyramid: TransformerPyramid
    public let heads: Int
    /// Patches along a side of an image of `inputResolution`.
    public let grid: Int
    /// The probability of each block to be dropped.
    public let dropPathRates: [Double]

    /// - Throws: `SettingError` for values out of range or that do not fit together.
    public init(_ configuration: some VisionTransformerConfiguration) throws {
        let (width, patch) = (configuration.width, configuration.patchSize)
        try SettingError.check("width", width, in: 1...65536)
        try SettingError.check("layers", configuration.layers, in: 1...1000)
        try SettingError.check("drop_path_rate", configuration.dropPathRate, in: 0...1)
        pyramid = try TransformerPyramid(
            width, patchSize: patch, outIndices: configuration.outIndices, layers: configuration.layers)
        try SettingError.check("input_resolution", configuration.inputResolution, in: patch...32768)
        heads = configuration.heads ?? max(1, width / 64)
        guard heads > 0, width.isMultiple(of: heads) else {
            throw SettingError(key: "heads", "a width of \(width) cannot be shared by \(heads) heads")
        }
        grid = configuration.inputResolution / patch
        dropPathRates = DropPath.rates(upTo: configuration.dropPathRate, blocks: configuration.layers)
    }
}
