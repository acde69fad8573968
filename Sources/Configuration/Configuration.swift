/// The settings of a component: a struct whose stored properties have default values, written once.
///
/// Values from YAML replace the defaults, under keys in snake_case; a key that the type does not
/// have is an error.
public protocol YAMLConfiguration: Codable, Sendable {
    /// Every setting at its default.
    init()
}

/// Settings of which one, such as a type, decides which others there are, and their defaults.
public protocol VariantConfiguration: YAMLConfiguration {
    /// All settings that belong to what is `written`, at their defaults. Errors in `written` are
    /// found when it is decoded.
    static func defaults(for written: YAMLNode) -> Self
}
