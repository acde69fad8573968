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
