/// What a component is built from besides its own settings: the outputs of the parts before it, and
/// what is known of the data set.
public struct BuildContext: Sendable {
    /// The registry in which nested components are found.
    public var registry: Registry
    /// The names of the classes, in the order of their indices.
    public var classNames: [String]
    /// The levels of the pyramid that the component is given, finest first; empty for a backbone.
    public var features: [FeatureSpec]
    /// Width and stride of the backbone's embeddings in the space of text; nil for a backbone
    /// without them.
    public var language: LanguageSpec?
    private var values: [ObjectIdentifier: any Sendable] = [:]

    /// - Parameters:
    ///   - registry: where nested components are found
    ///   - classNames: the names of the classes, in the order of their indices
    ///   - features: the levels of the pyramid that the component is given; empty for a backbone
    ///   - language: the backbone's embeddings in the space of text; nil where there are none
    public init(
        registry: Registry, classNames: [String] = [], features: [FeatureSpec] = [],
        language: LanguageSpec? = nil
    ) {
        self.registry = registry
        self.classNames = classNames
        self.features = features
        self.language = language
    }

    /// The number of classes.
    public var classCount: Int { classNames.count }

    /// The first level of `features`, the finest of a pyramid.
    ///
    /// - Throws: `SettingError` where there is no level.
    public func firstLevel() throws -> FeatureSpec {
        guard let first = features.first else {
            throw SettingError("needs at least one level of features")
        }
        return first
    }

    /// Makes sure that there are classes, for a component that cannot be built without.
    ///
    /// - Throws: `SettingError` for a data set without class names.
    public func requireClasses() throws {
        guard classCount > 0 else {
            throw SettingError("needs the names of the classes, and the data set has none")
        }
    }

    /// The value of an extension: the one that was set, or its default.
    public subscript<Key: BuildContextKey>(_ key: Key.Type) -> Key.Value {
        get { values[ObjectIdentifier(key)] as? Key.Value ?? Key.defaultValue }
        set { values[ObjectIdentifier(key)] = newValue }
    }

    /// This context with the pyramid `features` in place of its own.
    public func with(features: [FeatureSpec]) -> BuildContext {
        var context = self
        context.features = features
        return context
    }
}

/// Names an extension of `BuildContext`: one more value that components are built from. The code
/// that needs the value declares the key and a property for it:
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
    /// The type of the extension's value.
    associatedtype Value: Sendable
    /// The value in a context for which none was set.
    static var defaultValue: Value { get }
}
