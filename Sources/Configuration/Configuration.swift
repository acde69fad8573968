/// The settings of a component: a struct whose stored properties have default values, written once.
///
/// YAML is laid over the encoded defaults, with keys in snake_case; a key that the type does not have is an error.
public protocol YAMLConfiguration: Codable, Sendable {
    /// Every setting at its default.
    init()
}

/// Settings of which one decides which others there are, and their defaults.
public protocol VariantConfiguration: YAMLConfiguration {
    /// Every setting that goes with what is `written`, at its default. What is wrong with `written` is found when it is decoded.
    static func defaults(for written: YAMLNode) -> Self
}
