import DenseKitVision

/// Pictures in which things are known one by one.
public protocol InstanceDataset: Dataset {
    /// The number of picture `index` in the data set's own count, which files of results name.
    func imageID(at index: Int) -> Int64
    /// The number of each class in the data set's own count.
    var categoryIDs: [Int64] { get }
    /// Whether samples come with masks, not with boxes alone.
    var hasMasks: Bool { get }
    /// What is annotated of the classes in picture `index`, in pixels of the file's picture: crowds, and what training skips, too. This is
    /// what results are measured against; no picture is read.
    ///
    /// - Parameter shapes: whether to say what things cover
    /// - Throws: `DataError` for a file that cannot be read. A shape that is none is nil, and `shapeProblem` says why.
    func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedInstance]
    /// The file that the annotations stand in, for messages; nil where there is no single one.
    var annotationPath: String? { get }
}

extension InstanceDataset {
    public var annotationPath: String? { nil }
}
