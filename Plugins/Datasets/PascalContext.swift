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

    public struct Configuration: LayoutConfiguration {
        public var root = "data/VOCdevkit/VOC2010"
        public var split = Split.train
        /// Other names for the classes, in their order, or the path of a YAML file that lists them.
        public var classes: ClassesSetting?
        public var exif = ImagePolicy.Exif.apply
        public var truncated = ImagePolicy.Truncated.error

        public init() {}

        public func classList() throws -> ClassList { try PascalContext.benchmark.renamed(classes, "PascalContext") }
    }

    public let files: DatasetFiles

    /// - Throws: `SettingError` for a wrong number of names, `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        files = try PascalContext.files(configuration, configuration.split, LabelTable(classes: 60, ignored: [255]))
    }

    static func files(_ configuration: some LayoutConfiguration, _ split: Split, _ table: LabelTable) throws -> DatasetFiles {
        let split = split.rawValue
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
    public struct Configuration: LayoutConfiguration {
        public var root = PascalContext.Configuration().root
        public var split = PascalContext.Split.train
        /// Other names for the classes, in their order, or the path of a YAML file that lists them.
        public var classes: ClassesSetting?
        public var exif = ImagePolicy.Exif.apply
        public var truncated = ImagePolicy.Truncated.error

        public init() {}

        public func classList() throws -> ClassList { try PascalContext59.benchmark.renamed(classes, "PascalContext59") }
    }

    /// The 60 classes without the background.
    public static let benchmark = ClassList(
        names: Array(PascalContext.benchmark.names.dropFirst()), palette: Array(PascalContext.benchmark.palette.dropFirst()))

    public let files: DatasetFiles

    /// - Throws: as `PascalContext`.
    public init(_ configuration: Configuration) throws {
        files = try PascalContext.files(configuration, configuration.split, LabelTable(classes: 59, first: 1, ignored: [0, 255]))
    }
}
