/// A four-level pyramid, as necks and heads expect it, from the maps of a plain Vision Transformer,
/// which all have the stride of its patches: finer levels by transposed convolutions, coarser ones
/// by pooling. (Bao et al., BEiT, 2022; normalised at the start as in the code of Rao et al., CVPR
/// 2022)
///
/// Four maps `[n, width, h, w]` → maps at strides 4, 8, 16 and 32; the last rounds down. Keys
/// `fpn1` … `fpn4`.
public final class TransformerPyramid: Module {
    let fpn1: any UnaryLayer
    let fpn2: any UnaryLayer
    let fpn3: any UnaryLayer
    let fpn4: any UnaryLayer
    /// The shortest side of an image, in pixels, for which the coarsest level has a position.
    public static let minimumSide = 32

    /// The four blocks, counted from 0, whose outputs are the maps.
    public let blocks: [Int]
    /// Four levels of `width` channels at strides 4, 8, 16 and 32.
    public let outputs: [FeatureSpec]
    private let patchSize: Int

    /// The prefixes of its checkpoint keys, which published weights of a Transformer alone do not
    /// have.
    public static let checkpointKeys = ["fpn1", "fpn2", "fpn3", "fpn4"]

    /// - Parameters:
    ///   - width: channels of a token, and of every level
    ///   - patchSize: the side of a patch in pixels, 16 or 8
    ///   - outIndices: four ascending block indices, counted from 0
    ///   - layers: the number of blocks of the Transformer
    /// - Throws: `SettingError` for another patch size, and for indices that are not four ascending
    ///   ones of the blocks.
    public init(_ width: Int, patchSize: Int, outIndices: [Int], layers: Int) throws {
        let areIndices =
            zip(outIndices, outIndices.dropFirst()).allSatisfy { $0 < $1 }
            && outIndices.allSatisfy((0..<layers).contains)
        guard outIndices.count == 4, areIndices else {
            throw SettingError(
                key: "out_indices",
                "out_indices are four blocks of 0…\(layers - 1) in order, found \(outIndices)")
        }
        func norm() throws -> GroupNorm { try GroupNorm(1, width) }
        func double() throws -> ConvTranspose2d {
            try ConvTranspose2d(width, width, kernel: 2, stride: 2)
        }
        switch patchSize {
        case 16:
            fpn1 = try Sequential([
                norm(), double(), BatchNorm2d(width), Activation(.gelu), double(),
            ])
            fpn2 = try Sequential([norm(), double()])
            fpn3 = try norm()
            fpn4 = Sequential([try norm(), MaxPool2d(2)])
        case 8:
            fpn1 = try Sequential([norm(), double()])
            fpn2 = try norm()
            fpn3 = Sequential([try norm(), MaxPool2d(2)])
            fpn4 = Sequential([try norm(), MaxPool2d(4)])
        default:
            throw SettingError(key: "patch_size", "patch_size is 16 or 8, found \(patchSize)")
        }
        blocks = outIndices
        self.patchSize = patchSize
        outputs = (0..<4).map { FeatureSpec(channels: width, stride: 4 << $0) }
    }

    /// The pyramid of four maps: `[n, width, h, w]` each → strides 4, 8, 16 and 32.
    ///
    /// - Parameter maps: the outputs of `blocks`, in order
    /// - Throws: `SettingError` for an image with a side under `minimumSide`.
    public func callAsFunction(_ maps: [Tensor]) throws -> [Tensor] {
        let height = maps[0].size(2) * patchSize
        let width = maps[0].size(3) * patchSize
        let least = Self.minimumSide
        guard height >= least, width >= least else {
            throw SettingError(
                "the coarsest level needs images of at least \(least)×\(least) pixels, found patches for \(height)×\(width)"
            )
        }
        return try zip([fpn1, fpn2, fpn3, fpn4], maps).map { try $0($1) }
    }
}
