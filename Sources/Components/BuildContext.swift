/// What a component is built from besides its own settings: what stands upstream, and what the data set says.
public struct BuildContext: Sendable {
    /// Where nested components are found.
    public var registry: Registry
    /// The names of the classes, in the order of their indices.
    public var classNames: [String]
    /// The pyramid that comes in. Empty for a backbone.
    public var features: [FeatureSpec]
    /// The language side of the backbone, where it has one.
    public var language: LanguageSpec?
    private var values: [ObjectIdentifier: any Sendable] = [:]

    /// - Parameters:
    ///   - registry: where nested components are found
    ///   - classNames: the names of the classes, in the order of their indices
    ///   - features: the pyramid that comes in; empty for a backbone
    ///   - language: the language side of the backbone, where it has one
    public init(
        registry: Registry, classNames: [String] = [], features: [FeatureSpec] = [], language: LanguageSpec? = nil
    ) {
        self.registry = registry
        self.classNames = classNames
        self.features = features
        self.language = language
    }

    /// The number of classes.
    public var classCount: Int { classNames.count }

    /// The value of an extension: what was set, or its default.
    public subscript<Key: BuildContextKey>(_ key: Key.Type) -> Key.Value {
        get { values[ObjectIdentifier(key)] as? Key.Value ?? Key.defaultValue }
        set { values[ObjectIdentifier(key)] = newValue }
    }

    /// This context with another pyramid coming in.
    public func with(features: [FeatureSpec]) -> BuildContext {
        var context = self
        context.features = features
        return context
    }
}

/// Names an extension of `BuildContext`: one more value that components are built from. Who needs the value declares the key and, so that it
/// reads like the others, a property beside it:
///
/// ```swift
/// private enum DepthRangeKey: BuildContextKey {
///     static let defaultValue = 80.0
/// }
///
/// extension BuildContext {
///     /// The largest depth, in metres.
///     public var depthRange: Double {
///         get { self[DepthRangeKey.self] }
///         set { self[DepthRangeKey.self] = newValue }
///     }
/// }
/// ```
public protocol BuildContextKey {
    associatedtype Value: Sendable
    /// What a context says to which nobody gave a value.
    static var defaultValue: Value { get }
}
