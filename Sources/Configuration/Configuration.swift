/// The settings of a component: a struct whose stored properties have default values, written once.
///
/// YAML is laid over the encoded defaults, with keys in snake_case; a key that the type does not have is an error.
public protocol Configuration: Codable, Sendable {
    /// Every setting at its default.
    init()
}
