/// The version of this package.
public enum DenseKitVersion {
    /// `major.minor.patch`, as in the tag of a release and in the first heading of
    /// `docs/changelog.md`.
    public static let current = "0.1.0"
}
