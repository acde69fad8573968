import DenseKitErrors

/// Thrown for the value of a setting that a component cannot work with.
///
/// The caller that has the configuration turns it into an error with the place of the value:
/// `YAMLNode.location(of:)`.
public struct SettingError: DenseKitError, Equatable {
    /// The component's name; nil where the code that reports the error adds it.
    public let component: String?
    /// The keys, as in YAML, that lead from the component's settings to the value; an index for an
    /// element of a list. Empty where the problem concerns no single value.
    public let keys: [String]
    /// What was expected and what was found.
    public let problem: String

    /// A problem of the value at `key`, such as `loss.weight`. It prints `component: key: problem`.
    public init(_ component: String, _ key: String, _ problem: String) {
        self.init(component: component, keys: key.split(separator: ".").map(String.init), problem)
    }

    /// A problem whose text names the setting itself.
    ///
    /// - Parameters:
    ///   - key: the keys that lead to the value, such as `loss.weight`; empty where it concerns no
    ///     single value
    ///   - problem: a sentence that names the setting
    public init(key: String = "", _ problem: String) {
        self.init(component: nil, keys: key.split(separator: ".").map(String.init), problem)
    }

    /// A problem whose text names the setting itself, with the keys that lead to the value, which
    /// may contain dots.
    public init(keys: [String], _ problem: String) {
        self.init(component: nil, keys: keys, problem)
    }

    private init(component: String?, keys: [String], _ problem: String) {
        self.component = component
        self.keys = keys
        self.problem = problem
    }

    /// `component: key`; nil where the problem names its settings itself.
    public var place: String? {
        component.map { keys.isEmpty ? $0 : "\($0): \(keys.joined(separator: "."))" }
    }
    public var origin: ErrorOrigin { .configuration }

    /// The result of `make`, for a part whose settings are under `key` in those of the whole: `key`
    /// is put before the keys of its `SettingError`.
    ///
    /// - Parameters:
    ///   - key: of the part's settings
    ///   - namesKey: whether the message begins with `key:`, where the problem does not name the
    ///     part itself
    ///   - make: builds the part
    public static func within<Part>(_ key: String, namesKey: Bool = true, _ make: () throws -> Part)
        throws -> Part
    {
        do {
            return try make()
        } catch let error as SettingError {
            let keys = key.split(separator: ".").map(String.init) + error.keys
            throw SettingError(keys: keys, namesKey ? "\(key): \(error)" : "\(error)")
        }
    }
}

extension SettingError {
    /// Throws `SettingError` unless `value` lies in `range`.
    ///
    /// - Parameters:
    ///   - setting: the key in YAML, such as `loss.weight`, or another name of the setting for the
    ///     message
    ///   - value: of the setting
    ///   - range: of the values that are allowed
    ///   - key: the key in YAML, where `setting` is another name
    public static func check<Number: Comparable & Sendable>(
        _ setting: String, _ value: Number, in range: ClosedRange<Number>, key: String? = nil
    ) throws {
        guard range.contains(value) else {
            throw SettingError(
                key: key ?? setting,
                "\(setting) must be \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
    }

    /// Throws `SettingError` unless `value` is above `bound` and at most `limit`, for values that
    /// are divided by.
    public static func check(
        _ setting: String, _ value: Double, above bound: Double, upTo limit: Double
    ) throws {
        guard value > bound, value <= limit else {
            throw SettingError(
                key: setting,
                "\(setting) must be above \(bound) and at most \(limit), found \(value)")
        }
    }

    /// Throws `SettingError` unless `weight`, the factor of a loss, lies in 0…1,000,000.
    public static func check(weight: Double, _ setting: String = "weight") throws {
        try check(setting, weight, in: 0...1e6)
    }
}

extension ConfigurationError {
    /// `error` in the part `part` of a configuration, at the value's location:
    /// `train.batch: problem`.
    ///
    /// - Parameters:
    ///   - error: thrown by the part
    ///   - part: the keys that lead to the part's settings, such as `train`
    ///   - node: the settings of the part, with the place of every value
    ///   - file: the file that is named where the value is written nowhere
    public init(_ error: SettingError, in part: String, of node: YAMLNode, file: String) {
        let keys = [part] + error.keys
        let location = node.location(of: keys) ?? .file(file)
        let name = error.component == nil && error.keys.isEmpty ? part : keys.joined(separator: ".")
        self.init(at: location, "\(name): \(error.problem)")
    }
}

extension YAMLNode {
    /// The location of the value that `keys` lead to; for a default, that of the innermost written
    /// part around it; nil where none is written.
    public func location(of keys: [String]) -> SourceLocation? {
        var (node, found): (YAMLNode, SourceLocation?) = (self, nil)
        for key in keys {
            guard let next = node[key] ?? Int(key).flatMap({ node[$0] }) else { break }
            if next.location != .default { found = next.location }
            node = next
        }
        return found
    }
}
