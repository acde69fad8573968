import DenseKitComponents
import DenseKitConfiguration
import DenseKitVision

/// The settings of a data set that say something of it without its files.
public protocol DatasetSettings: YAMLConfiguration {
    /// How its pictures are read.
    var imagePolicy: ImagePolicy { get }

    /// The classes that the settings name, or that the data set is known for; nil where only its files say them.
    ///
    /// - Throws: `SettingError` for names that make no sense, and what reading a file of names throws.
    func knownClasses() throws -> ClassList?
}

extension ComponentTable<any Dataset> {
    /// What the settings of the data set that `node` names say without its files; nil for a data set of a plugin that does not tell.
    ///
    /// - Throws: `ConfigurationError` for an unknown name, and for settings that do not fit.
    public func knowledge(of node: ComponentNode) throws -> (any DatasetSettings)? {
        try settings(of: node) as? any DatasetSettings
    }

    /// The classes of the data set that `node` names, where its settings say them; nil where only its files do.
    ///
    /// - Throws: as `knowledge(of:)`; `BuildError`, with the place, for names that make no sense.
    public func knownClasses(of node: ComponentNode) throws -> ClassList? {
        let settings = try knowledge(of: node)
        return try locatingErrors(of: node) { try settings?.knownClasses() }
    }
}
