import DenseKitCore
import DenseKitStandard
import Testing

@testable import DenseKitRetinaNet

/// - Parameter change: of settings that are small: no convolution before the last, one anchor at a
///   position
func retinaNet(
    channels: Int = 4, strides: [Int] = [8, 16], classes: Int = 3,
    _ change: (inout RetinaNet.Configuration) -> Void = { _ in }
) throws -> RetinaNet {
    let registry = try Registry([RetinaNetPlugin(), StandardPlugin()])
    let context = BuildContext(
        registry: registry, classNames: (0..<classes).map { "class \($0)" },
        features: strides.map { FeatureSpec(channels: channels, stride: $0) })
    var configuration = RetinaNet.Configuration()
    configuration.convs = 0
    configuration.channels = channels
    configuration.scalesPerOctave = 1
    configuration.ratios = [1]
    change(&configuration)
    return try #require(
        try registry.heads.make(ComponentNode("RetinaNet", configuration), context) as? RetinaNet)
}

/// Maps of a batch of `count` images of 32×48 pixels, at strides 8 and 16.
func maps(_ count: Int = 1, channels: Int = 4) throws -> [Tensor] {
    try [[count, channels, 4, 6], [count, channels, 2, 3]].enumerated().map {
        try Tensor.randomNormal($1, generator: RandomGenerator(seed: UInt64($0)))
    }
}

/// Images of 32×48 pixels.
func step(_ images: [ImageGeometry] = [ImageGeometry(Size2D(height: 32, width: 48))]) -> ForwardPass
{
    ForwardPass(images: images)
}

func groundTruth(_ boxes: [[Float]], _ labels: [Int64]) throws -> InstanceTargets {
    try InstanceTargets(
        boxes: Tensor.from(boxes.flatMap { $0 }, shape: [boxes.count, 4]),
        labels: Tensor.from(labels),
        ignoredBoxes: Tensor.zeros([0, 4]))
}

extension Losses {
    subscript(name: String) -> Tensor? { entries.first { $0.name == name }?.value }
}
