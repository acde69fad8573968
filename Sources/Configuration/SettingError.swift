import DenseKitErrors

/// A setting with a value that a component cannot work with.
///
/// Whoever holds the configuration turns it into an error with the place of the value: `YAMLNode.location(of:)`.
public struct SettingError: DenseKitError, Equatable {
    /// The component's name, where it is not said by who reports the error.
    public let component: String?
    /// The keys that lead from the component's settings to the value, as they stand in YAML; in a list a number. Empty where the problem is
    /// not one value's.
    public let keys: [String]
    /// What was expected and what was found.
    public let problem: String

    /// A problem of one value. It prints `component: key: problem`.
    public init(_ component: String, _ key: String, _ problem: String) {
        self.init(component: component, keys: key.split(separator: ".").map(String.init), problem)
    }

    /// A problem that names its settings itself.
    ///
    /// - Parameter key: leads to the value, such as `loss.weight`
    public init(key: String = "", _ problem: String) {
        self.init(component: nil, keys: key.split(separator: ".").map(String.init), problem)
    }

    /// The same with keys that may have dots in them.
    public init(keys: [String], _ problem: String) { self.init(component: nil, keys: keys, problem) }

    private init(component: String?, keys: [String], _ problem: String) {
        (self.component, self.keys, self.problem) = (component, keys, problem)
    }

    /// `component: key`; nil where the problem names its settings itself.
    public var place: String? {
        component.map { keys.isEmpty ? $0 : "\($0): \(keys.joined(separator: "."))" }
    }
    public var origin: ErrorOrigin { .configuration }

    /// Makes a part whose settings stand under `key` in those of the whole: what they lack is found there.
    ///
    /// - Parameter isSaid: whether the message begins with `key:`, where the problem does not name the part itself
    public static func within<Part>(_ key: String, isSaid: Bool = true, _ make: () throws -> Part) throws -> Part {
        do {
            return try make()
        } catch let error as SettingError {
            let keys = key.split(separator: ".").map(String.init) + error.keys
            throw SettingError(keys: keys, isSaid ? "\(key): \(error)" : "\(error)")
        }
    }
}

extension SettingError {
    /// Throws unless `value` lies in `range`. Bounds above keep arithmetic on sizes from overflowing.
    ///
    /// - Parameters:
    ///   - setting: the key in YAML, such as `loss.weight`, or other words for it
    ///   - key: the key, where `setting` is other words
    public static func check<Number: Comparable & Sendable>(
        _ setting: String, _ value: Number, in range: ClosedRange<Number>, key: String? = nil
    ) throws {
        guard range.contains(value) else {
            throw SettingError(
                key: key ?? setting, "\(setting) must be \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
    }

    /// Throws unless `value` is above `bound` and at most `limit`: for what is divided by.
    public static func check(_ setting: String, _ value: Double, above bound: Double, upTo limit: Double) throws {
        guard value > bound, value <= limit else {
            throw SettingError(key: setting, "\(setting) must be above \(bound) and at most \(limit), found \(value)")
        }
    }

    /// Throws unless `weight`, a factor of a loss, is 0…1,000,000.
    public static func check(weight: Double, _ setting: String = "weight") throws {
        try check(setting, weight, in: 0...1e6)
    }
}

extension ConfigurationError {
    /// `error` as a mistake in the part of a configuration that `keys` lead to: `train.batch: problem`, at the value.
    ///
    /// - Parameter file: the place of what stands nowhere
    public init(_ error: SettingError, in part: String, of node: YAMLNode, file: String) {
        let keys = [part] + error.keys
        let location = node.location(of: keys) ?? .file(file)
        let name = error.component == nil && error.keys.isEmpty ? part : keys.joined(separator: ".")
        self.init(at: location, "\(name): \(error.problem)")
    }
}

extension YAMLNode {
    /// Where the value that `keys` lead to is written. Where it is a default, the place of the innermost part around it that is written; nil where none is.
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
