import DenseKitCore
import DenseKitStandard
import Testing

@testable import DenseKitMaskRCNN

/// Five levels of 4 channels, as a pyramid hands them on.
let pyramid = (0..<5).map { FeatureSpec(channels: 4, stride: 4 << $0) }

/// A small head of three classes.
func small(
    _ features: [FeatureSpec] = pyramid, classes: Int = 3,
    _ change: (inout MaskRCNN.Configuration) -> Void = { _ in }
) throws -> MaskRCNN {
    var configuration = MaskRCNN.Configuration()
    configuration.rpn.channels = 6
    configuration.rpn.scales = [2]
    configuration.rpn.sampler.count = 32
    configuration.rpn.trainProposals = .init(perLevel: 20, count: 30)
    configuration.rpn.testProposals = .init(perLevel: 20, count: 25)
    configuration.box.channels = 8
    configuration.box.sampler.count = 16
    configuration.box.roiSize = 3
    configuration.mask?.channels = 5
    configuration.mask?.convs = 2
    configuration.mask?.roiSize = 4
    change(&configuration)
    let context = BuildContext(
        registry: try Registry([MaskRCNNPlugin(), StandardPlugin()]),
        classNames: (0..<classes).map { "class \($0)" },
        features: features)
    return try #require(
        try context.registry.heads.make(ComponentNode("MaskRCNN", configuration), context)
            as? MaskRCNN)
}

/// The maps of `count` images of 64×64.
func maps(_ count: Int, _ features: [FeatureSpec] = pyramid) throws -> [Tensor] {
    try features.enumerated().map { level, feature in
        let side = 64 / feature.stride
        return try Tensor.randomNormal(
            [count, feature.channels, side, side], generator: RandomGenerator(seed: UInt64(level))
        )
        .channelsLast()
    }
}

/// Things of an image of 64×64: a box each, its inside as its mask.
func groundTruth(_ boxes: [[Float]], labels: [Int64]? = nil, masks: Bool = true) throws
    -> InstanceTargets
{
    var bitmap = [UInt8](repeating: 0, count: boxes.count * 64 * 64)
    for (index, box) in boxes.enumerated() {
        for y in Int(box[1])..<Int(box[3]) {
            for x in Int(box[0])..<Int(box[2]) { bitmap[(index * 64 + y) * 64 + x] = 1 }
        }
    }
    let masks =
        masks
        ? try bitmap.withUnsafeBytes {
            try Tensor.from(bytes: $0, shape: [boxes.count, 64, 64], dtype: .uint8)
        } : nil
    return try InstanceTargets(
        boxes: Tensor.from(boxes.flatMap { $0 }, shape: [boxes.count, 4]),
        labels: Tensor.from(labels ?? boxes.indices.map { Int64($0 % 3) }),
        ignoredBoxes: Tensor.zeros([0, 4]),
        masks: masks)
}

let square = Size2D(height: 64, width: 64)

/// A training step for images of 64×64.
func step(_ images: Int, metrics: Bool = false, observe: ((String, Tensor) throws -> Void)? = nil)
    -> ForwardPass
{
    ForwardPass(
        images: [ImageGeometry](repeating: ImageGeometry(square), count: images),
        randomSource: .inOrder,
        wantsMetrics: metrics,
        observe: observe)
}
