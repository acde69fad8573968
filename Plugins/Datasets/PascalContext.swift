import DenseKitCore

/// Pascal Context with 60 classes (Mottaghi et al., CVPR 2014): images of VOC 2010 with a class for
/// every pixel, the 59 most frequent ones and a background for everything else. The files are those
/// that mmsegmentation's `pascal_context.py` makes.
///
///     root/JPEGImages/*.jpg
///     root/SegmentationClassContext/*.png
///     root/ImageSets/SegmentationContext/{train,val}.txt
///
/// The numbers in the masks are the classes, 0 the background; 255 is no class.
public struct PascalContext: LaidOutDataset {
    /// The parts of Pascal Context, each listed in a file below `ImageSets/SegmentationContext`.
    public enum Split: String, Codable, Sendable, CaseIterable {
        /// The training images, listed in `train.txt`.
        case train
        /// The validation images, listed in `val.txt`.
        case val
    }

    /// The root `data/VOCdevkit/VOC2010` and the part `train`.
    public static let defaults = (root: "data/VOCdevkit/VOC2010", split: Split.train)

    /// The images and masks found on disk.
    public let files: DatasetFiles

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for a wrong number of class names, `DataError` for folders that
    ///   differ from the layout.
    public init(_ configuration: Configuration) throws {
        files = try PascalContext.files(configuration, LabelTable(classes: 60, ignored: [255]))
    }

    static func files(_ configuration: some LayoutConfiguration, _ table: LabelTable) throws
        -> DatasetFiles
    {
        let preparation =
            "mmsegmentation's tools/dataset_converters/pascal_context.py makes masks and lists from trainval_merged.json"
        return try DatasetFiles(configuration) { split, classes in
            Layout(
                parts: [
                    Layout.Part(
                        images: "JPEGImages", masks: "SegmentationClassContext",
                        list: "ImageSets/SegmentationContext/\(split).txt")
                ],
                classes: classes, table: table,
                others: [.init(suffix: ".mat", remedy: preparation)],
                mistakes: [
                    Layout.Mistake(
                        numbers: 60...254,
                        remedy:
                            "above 59 are numbers of the 459 classes of the original labels; \(preparation)"
                    )
                ],
                preparation: preparation)
        }
    }
}

/// Pascal Context with 59 classes (Mottaghi et al., CVPR 2014): the files of `PascalContext`, where
/// the background, 0 in the masks, is ignored in training and evaluation.
public struct PascalContext59: LaidOutDataset {
    /// The parts `train` and `val` of Pascal Context.
    public typealias Split = PascalContext.Split
    /// The root `data/VOCdevkit/VOC2010` and the part `train`.
    public static let defaults = (root: PascalContext.defaults.root, split: Split.train)

    /// The 59 most frequent classes of Pascal Context, without the background, in mmsegmentation's
    /// colours.
    public static let benchmark = ClassList(
        names: Array(PascalContext.benchmark.names.dropFirst()),
        palette: Array(PascalContext.benchmark.palette.dropFirst()))

    /// The images and masks found on disk.
    public let files: DatasetFiles

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for a wrong number of class names, `DataError` for folders that
    ///   differ from the layout.
    public init(_ configuration: Configuration) throws {
        files = try PascalContext.files(
            configuration, LabelTable(classes: 59, first: 1, ignored: [0, 255]))
    }
}
