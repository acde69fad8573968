import DenseKitVision

/// Pictures with a class for every pixel, or with things that are known one by one (`InstanceDataset`).
public protocol Dataset: Sendable {
    var classes: ClassList { get }
    /// The number of samples.
    var count: Int { get }
    /// What is wrong with the data set as a whole without keeping it from being used, a mask without a picture say.
    var remarks: [DataError] { get }
    /// Reads sample `index`, which is in `0 ..< count`. Called from many threads.
    ///
    /// - Throws: `DataError` that names the file, and the pixel where there is one.
    func sample(at index: Int) throws -> DataSample
    /// The size of picture `index`, where the data set knows it without reading the picture.
    func size(at index: Int) -> Size2D?
    /// The labels of sample `index` alone; nil where the data set has none. A data set may read them without the picture.
    ///
    /// - Throws: as `sample(at:)`.
    func labels(at index: Int) throws -> LabelMap?
    /// The file that the labels of sample `index` are read from; nil where there is none for each sample.
    func maskPath(at index: Int) -> String?
}

extension Dataset {
    public var remarks: [DataError] { [] }
    public func size(at index: Int) -> Size2D? { nil }
    public func maskPath(at index: Int) -> String? { nil }

    public func labels(at index: Int) throws -> LabelMap? {
        var sample = try sample(at: index)
        return sample.labels
    }
}
