import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitVision

/// What a configuration defines of its data without the data's files.
extension Experiment {
    /// The classes of a part of the data: those that its settings name or the data set is known
    /// for; only else is the data set opened.
    ///
    /// - Parameter part: `train` or `val`
    /// - Throws: `ConfigurationError` where the configuration has no such part, `BuildError` for
    ///   invalid names, and for a data set that has to be opened and cannot be.
    public func classes(of part: String) throws -> ClassList {
        let node = part == "train" ? configuration.data.train : configuration.data.val
        if let node, let known = try registry.datasets.knownClasses(of: node) { return known }
        return try (part == "train" ? trainDataset() : validationDataset()).classes
    }

    /// How images outside of any data set are read: by the settings `exif` and `truncated` of
    /// `data.val`, else of `data.train`, else the defaults.
    ///
    /// - Throws: `ConfigurationError` for an unknown data set, and for settings that do not fit.
    public func imagePolicy() throws -> ImagePolicy {
        guard let node = configuration.data.val ?? configuration.data.train else {
            return ImagePolicy()
        }
        return try registry.datasets.knowledge(of: node)?.imagePolicy ?? ImagePolicy()
    }
}
