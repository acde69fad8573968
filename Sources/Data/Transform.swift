/// One step of a sample's way to the network.
///
/// A transform is a value without memory: what it does depends on the sample and on the numbers it draws from `random`, which belong
/// to (seed, epoch, index) of the sample. So results do not depend on worker threads or machines.
public protocol Transform: Sendable {
    func callAsFunction(_ sample: inout Sample, _ random: inout SampleRandom) throws

    /// The same step for a view of the image at another scale: what multi-scale testing makes of a `Resize`.
    func scaled(by ratio: Double) -> any Transform
}

extension Transform {
    public func scaled(by ratio: Double) -> any Transform { self }
}

/// Transforms in the order in which they are applied.
public struct Pipeline: Transform {
    public let transforms: [any Transform]

    public init(_ transforms: [any Transform]) { self.transforms = transforms }

    public func callAsFunction(_ sample: inout Sample, _ random: inout SampleRandom) throws {
        for transform in transforms { try transform(&sample, &random) }
    }

    public func scaled(by ratio: Double) -> any Transform { Pipeline(transforms.map { $0.scaled(by: ratio) }) }
}
