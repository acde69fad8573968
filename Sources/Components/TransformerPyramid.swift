/// Four levels, as necks and heads want them, out of a plain Vision Transformer, whose maps all have its patches' stride: finer ones by
/// transposed convolutions, coarser ones by pooling. (Bao et al., BEiT, 2022; normalised at the start as in the code of Rao et al., CVPR 2022)
///
/// Four maps `[n, width, h, w]` → maps at strides 4, 8, 16 and 32; the last rounds down. Keys `fpn1` … `fpn4`.
public final class TransformerPyramid: Module {
    let fpn1: any UnaryLayer
    let fpn2: any UnaryLayer
    let fpn3: any UnaryLayer
    let fpn4: any UnaryLayer
    /// The shortest side of an image whose coarsest level has a position.
    public static let minimumSide = 32

    /// The blocks, from 0, after which the maps are taken.
    public let blocks: [Int]
    public let outputs: [FeatureSpec]
    private let patchSize: Int

    /// The beginnings of its checkpoint keys, which weights of a Transformer alone do not have.
    public static let checkpointKeys = ["fpn1", "fpn2", "fpn3", "fpn4"]

    /// - Parameters:
    ///   - patchSize: 16 or 8
    ///   - outIndices: `blocks`, as the setting `out_indices` gives them
    ///   - layers: how many blocks there are
    /// - Throws: `SettingError` for values that do not fit.
    public init(_ width: Int, patchSize: Int, outIndices: [Int], layers: Int) throws {
        let areIndices =
            zip(outIndices, outIndices.dropFirst()).allSatisfy { $0 < $1 } && outIndices.allSatisfy((0..<layers).contains)
        guard outIndices.count == 4, areIndices else {
            throw SettingError(key: "out_indices", "out_indices are four blocks of 0…\(layers - 1) in order, found \(outIndices)")
        }
        func norm() throws -> GroupNorm { try GroupNorm(1, width) }
        func double() throws -> ConvTranspose2d { try ConvTranspose2d(width, width, kernel: 2, stride: 2) }
        switch patchSize {
        case 16:
            fpn1 = Sequential([try norm(), try double(), try BatchNorm2d(width), Activation(.gelu), try double()])
            fpn2 = Sequential([try norm(), try double()])
            fpn3 = try norm()
            fpn4 = Sequential([try norm(), MaxPool2d(2)])
        case 8:
            fpn1 = Sequential([try norm(), try double()])
            fpn2 = try norm()
            fpn3 = Sequential([try norm(), MaxPool2d(2)])
            fpn4 = Sequential([try norm(), MaxPool2d(4)])
        default:
            throw SettingError(key: "patch_size", "patch_size is 16 or 8, found \(patchSize)")
        }
        (blocks, self.patchSize) = (outIndices, patchSize)
        outputs = (0..<4).map { FeatureSpec(channels: width, stride: 4 << $0) }
    }

    /// - Parameter maps: after each of `blocks`
    public func callAsFunction(_ maps: [Tensor]) throws -> [Tensor] {
        let (height, width) = (maps[0].size(2) * patchSize, maps[0].size(3) * patchSize)
        let least = Self.minimumSide
        guard height >= least, width >= least else {
            throw SettingError(
                "the coarsest level needs images of at least \(least)×\(least) pixels, found patches for \(height)×\(width)")
        }
        return try zip([fpn1, fpn2, fpn3, fpn4], maps).map { try $0($1) }
    }
}
