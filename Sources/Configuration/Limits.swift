/// What a configuration may hold. Far above any recipe, far below what would stall or exhaust the
/// process.
enum Limits {
    static let fileBytes = 1 << 20
    /// Levels of lists and mappings, and files that are bases of one another.
    static let depth = 64
    /// Values, each alias counted as all values that it refers to.
    static let nodes = 100_000
    /// Bytes of all texts together, after aliases and environment variables.
    static let textBytes = 16 << 20
    /// Letters of a key. libyaml finds no key above 1024 bytes, which is 6 bytes a letter when
    /// written with escapes.
    static let keyLetters = 128

    static let tooManyNodes = "more than 100,000 values after aliases"
    static let tooMuchText = "more than 16 MiB of text after aliases and environment variables"
    static let tooDeep = "nested more than 64 levels deep"
}
