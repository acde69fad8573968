/// One step of a sample's way to the network.
///
/// A transform is a value without memory: what it does depends on the sample and on the numbers it draws from `random`, which belong
/// to (seed, epoch, index) of the sample. So results do not depend on worker threads or machines.
public protocol Transform: Sendable {
    func callAsFunction(_ sample: inout Sample, _ random: inout SampleRandom) throws
}

/// Transforms in the order in which they are applied.
public struct Pipeline: Transform {
    public let transforms: [any Transform]

    public init(_ transforms: [any Transform]) { self.transforms = transforms }

    public func callAsFunction(_ sample: inout Sample, _ random: inout SampleRandom) throws {
        for transform in transforms { try transform(&sample, &random) }
    }
}

/// A setting with a value that a component cannot work with.
public struct SettingError: Error, Sendable, Equatable, CustomStringConvertible {
    public let component: String
    /// The key as it stands in YAML.
    public let key: String
    /// What was expected and what was found.
    public let problem: String

    public init(_ component: String, _ key: String, _ problem: String) {
        self.component = component
        self.key = key
        self.problem = problem
    }

    /// `component: key: problem`.
    public var description: String { "\(component): \(key): \(problem)" }
}
