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
    /// Token ids of the class names where they are given (golden cases): `[k][length]`. Otherwise a tokenizer makes them.
    public var tokenIDs: [[Int]]?
    /// Whether the text embeddings of the classes come with the weights: no text encoder is built, and no tokenizer is needed.
    public var textIsKept = false
    /// Which classes stand together in the training pictures, for parts that begin with it; nil where no training begins, and weights are
    /// loaded instead. Counts when it is asked.
    public var coOccurrence: (@Sendable () throws -> CoOccurrence)?

    public init(
        registry: Registry, classNames: [String] = [], features: [FeatureSpec] = [], language: LanguageSpec? = nil,
        tokenIDs: [[Int]]? = nil
    ) {
        self.registry = registry
        self.classNames = classNames
        self.features = features
        self.language = language
        self.tokenIDs = tokenIDs
    }

    public var classCount: Int { classNames.count }

    /// The same with another pyramid coming in.
    public func with(features: [FeatureSpec]) -> BuildContext {
        var context = self
        context.features = features
        return context
    }
}
