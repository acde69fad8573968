import DenseKitComponents
import DenseKitConfiguration
import DenseKitData
import DenseKitVision

/// What a configuration says of its data without the data's files.
extension Experiment {
    /// The classes of a part of the data, `train` or `val`: those that its settings name or the data set is known for, without its files, else
    /// those of its files.
    ///
    /// - Throws: `ConfigurationError` where the configuration has no such part, `BuildError` for names that make no sense, and for a data set
    ///   whose classes only its files say and which cannot be opened.
    public func classes(of part: String) throws -> ClassList {
        let node = part == "train" ? configuration.data.train : configuration.data.val
        if let node, let known = try registry.datasets.knownClasses(of: node) { return known }
        return try (part == "train" ? trainDataset() : validationDataset()).classes
    }

    /// How pictures are read that belong to no data set: by the settings `exif` and `truncated` of `data.val`, else of `data.train`.
    ///
    /// - Throws: `ConfigurationError` for an unknown data set, and for settings that do not fit.
    public func imagePolicy() throws -> ImagePolicy {
        guard let node = configuration.data.val ?? configuration.data.train else { return ImagePolicy() }
        return try registry.datasets.knowledge(of: node)?.imagePolicy ?? ImagePolicy()
    }
}
