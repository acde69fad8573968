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

/// A thing as a data set's file says it.
public struct AnnotatedInstance: Sendable, Equatable {
    /// The annotation's number.
    public var id: Int64
    /// The index of its class.
    public var label: Int
    public var box: COCOBox
    public var area: Double
    public var isCrowd: Bool
    /// Nil where the file does not say it, or nobody asked.
    public var shape: Instance.Shape?
    /// Why what the file says of its pixels is no shape; nil where it is one, or nobody asked.
    public var shapeProblem: String?
    /// Whether the file says that training is to pass it over.
    public var isIgnored = false

    public init(id: Int64, label: Int, box: COCOBox, area: Double, isCrowd: Bool, shape: Instance.Shape? = nil) {
        self.id = id
        self.label = label
        self.box = box
        self.area = area
        self.isCrowd = isCrowd
        self.shape = shape
    }
}
