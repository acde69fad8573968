import DenseKitVision

/// A set of images with annotated instances.
public protocol InstanceDataset: Dataset {
    /// The id of image `index` in the data set's annotation file, which result files use.
    func imageID(at index: Int) -> Int64
    /// The id of each class in the data set's annotation file, which result files use.
    var categoryIDs: [Int64] { get }
    /// Whether samples have masks, and not only boxes.
    var hasMasks: Bool { get }
    /// The annotated instances of image `index`, in pixels of the image in its file: crowds, and
    /// what training skips, included. They are the ground truth of evaluation; the image is not
    /// read.
    ///
    /// - Parameters:
    ///   - index: the image's place in the data set
    ///   - shapes: whether the shapes of the instances are read
    /// - Throws: `DataError` for a file that cannot be read. An invalid shape does not throw:
    ///   `shape` is nil, and `shapeProblem` gives the reason.
    func annotations(at index: Int, shapes: Bool) throws -> [AnnotatedInstance]
    /// The annotation file, for messages; nil where there is not exactly one.
    var annotationPath: String? { get }
}

extension InstanceDataset {
    /// Nil by default: there is no single annotation file.
    public var annotationPath: String? { nil }
}
