import DenseKitVision

/// A set of images with a class for every pixel, or with instances (`InstanceDataset`).
public protocol Dataset: Sendable {
    /// The classes, in the order of their indices.
    var classes: ClassList { get }
    /// The number of samples.
    var count: Int { get }
    /// Warnings on the data set as a whole that do not stop the work, such as a mask without
    /// an image.
    var warnings: [DataError] { get }
    /// Reads sample `index`, which is in `0 ..< count`. Called from many threads.
    ///
    /// - Throws: `DataError` that names the file, and the pixel where there is one.
    func sample(at index: Int) throws -> DataSample
    /// The name of sample `index`, that of its `sample(at:)`; nil where it is not known without
    /// reading the image.
    func name(at index: Int) -> String?
    /// The size of the image of sample `index`; nil where it is not known without reading the
    /// image.
    func size(at index: Int) -> Size2D?
    /// The labels of sample `index`; nil where the data set has none. They may be read without the
    /// image.
    ///
    /// - Throws: `DataError` that names the file, and the pixel where there is one.
    func labels(at index: Int) throws -> LabelMap?
    /// The file with the labels of sample `index`; nil where there is no such file for each sample.
    func maskPath(at index: Int) -> String?
}

extension Dataset {
    /// Empty by default.
    public var warnings: [DataError] { [] }
    /// Nil by default: not known without reading the image.
    public func name(at index: Int) -> String? { nil }
    /// Nil by default: not known without reading the image.
    public func size(at index: Int) -> Size2D? { nil }
    /// Nil by default: there is no label file for each sample.
    public func maskPath(at index: Int) -> String? { nil }

    /// The labels of the whole sample, read with its image.
    public func labels(at index: Int) throws -> LabelMap? {
        var sample = try sample(at: index)
        return sample.labels
    }
}
