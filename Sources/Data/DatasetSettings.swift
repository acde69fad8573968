import DenseKitComponents
import DenseKitConfiguration
import DenseKitVision

/// Settings of a data set from which something is known without its files.
public protocol DatasetSettings: YAMLConfiguration {
    /// How images are read that are not plain upright RGB.
    var imagePolicy: ImagePolicy { get }

    /// The classes that the settings name or the data set is known for; nil where only its files
    /// define them.
    ///
    /// - Throws: `SettingError` for invalid names, and what reading a file of names throws.
    func knownClasses() throws -> ClassList?
}

extension ComponentTable<any Dataset> {
    /// The settings of the data set that `node` names, for what is known without its files; nil
    /// where they are not `DatasetSettings`.
    ///
    /// - Throws: `ConfigurationError` for an unknown name, and for settings that do not fit.
    public func knowledge(of node: ComponentNode) throws -> (any DatasetSettings)? {
        try settings(of: node) as? any DatasetSettings
    }

    /// The classes of the data set that `node` names, where its settings define them; nil where
    /// only its files do.
    ///
    /// - Throws: `ConfigurationError` for an unknown name and for settings that do not fit;
    ///   `BuildError`, with the place, for invalid class names.
    public func knownClasses(of node: ComponentNode) throws -> ClassList? {
        let settings = try knowledge(of: node)
        return try locatingErrors(of: node) { try settings?.knownClasses() }
    }
}
