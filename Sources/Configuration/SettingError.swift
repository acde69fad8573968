/// A setting with a value that a component cannot work with.
public struct SettingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The component's name and the key as it stands in YAML, where they are not said by who reports the error.
    public let component: String?
    public let key: String?
    /// What was expected and what was found.
    public let problem: String

    public init(_ component: String, _ key: String, _ problem: String) {
        self.component = component
        self.key = key
        self.problem = problem
    }

    /// A problem that names its settings itself.
    public init(_ problem: String) {
        (component, key) = (nil, nil)
        self.problem = problem
    }

    /// `component: key: problem`.
    public var description: String { [component, key, problem].compactMap { $0 }.joined(separator: ": ") }
}

extension SettingError {
    /// Throws unless `value` lies in `range`. Bounds above keep arithmetic on sizes from overflowing.
    public static func check<Number: Comparable & Sendable>(_ setting: String, _ value: Number, in range: ClosedRange<Number>)
        throws
    {
        guard range.contains(value) else {
            throw SettingError("\(setting) must be \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
    }
}
