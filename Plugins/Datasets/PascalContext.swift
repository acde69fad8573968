import DenseKitCore

/// Pascal Context with 60 classes (Mottaghi et al., CVPR 2014): every pixel of VOC 2010's pictures, the 59 most frequent classes and a
/// background for everything else. The files are those that mmsegmentation's `pascal_context.py` makes.
///
///     root/JPEGImages/*.jpg
///     root/SegmentationClassContext/*.png
///     root/ImageSets/SegmentationContext/{train,val}.txt
///
/// The numbers in the masks are the classes, 0 the background; 255 is no class.
public struct PascalContext: LaidOutDataset {
    public enum Split: String, Codable, Sendable, CaseIterable {
        case train, val
    }

    public typealias Configuration = LayoutSettings<PascalContext>

    public static let defaults = (root: "data/VOCdevkit/VOC2010", split: Split.train)

    public let files: DatasetFiles

    /// - Throws: `SettingError` for a wrong number of names, `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        files = try PascalContext.files(configuration, LabelTable(classes: 60, ignored: [255]))
    }

    static func files(_ configuration: some LayoutConfiguration, _ table: LabelTable) throws -> DatasetFiles {
        let split = configuration.split.rawValue
        let preparation =
            "mmsegmentation's tools/dataset_converters/pascal_context.py makes masks and lists from trainval_merged.json"
        return try DatasetFiles(
            Layout(
                parts: [
                    Layout.Part(
                        images: "JPEGImages", masks: "SegmentationClassContext",
                        list: "ImageSets/SegmentationContext/\(split).txt")
                ],
                classes: try configuration.classList(), table: table, others: [.init(suffix: ".mat", remedy: preparation)],
                mistakes: [
                    Layout.Mistake(
                        numbers: 60...254,
                        remedy: "above 59 are numbers of the 459 classes of the original labels; \(preparation)")
                ],
                preparation: preparation),
            configuration)
    }
}

/// Pascal Context with 59 classes: the same files, the background not learnt and not scored.
public struct PascalContext59: LaidOutDataset {
    public typealias Split = PascalContext.Split
    public typealias Configuration = LayoutSettings<PascalContext59>

    public static let defaults = (root: PascalContext.defaults.root, split: Split.train)

    /// The 60 classes without the background.
    public static let benchmark = ClassList(
        names: Array(PascalContext.benchmark.names.dropFirst()), palette: Array(PascalContext.benchmark.palette.dropFirst()))

    public let files: DatasetFiles

    /// - Throws: as `PascalContext`.
    public init(_ configuration: Configuration) throws {
        files = try PascalContext.files(configuration, LabelTable(classes: 59, first: 1, ignored: [0, 255]))
    }
}
