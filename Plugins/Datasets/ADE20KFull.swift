import DenseKit

/// ADE20K with all 847 classes that occur in both of its halves, as MaskFormer prepares it (Cheng et al., NeurIPS 2021; data: Zhou et
/// al., IJCV 2019).
///
///     root/images_detectron2/{training,validation}/*.jpg
///     root/annotations_detectron2/{training,validation}/*.png      16 bits
///     root/classes.yaml                                            the 847 names
///
/// The numbers in the masks are the classes; 65535 is no class. MaskFormer writes the masks as TIFF, which is not read here: convert them
/// to 16-bit PNG of the same names. The names stand in a file `classes.yaml` in `root`, or in the setting `classes`; nobody has published
/// colours, so they are made.
public struct ADE20KFull: LaidOutDataset {
    public struct Configuration: LayoutConfiguration {
        public var root = "data/ADE20K_2021_17_01"
        public var split = ADE20K.Split.training
        /// The names in the order of their numbers, or the path of a YAML file that lists them; `classes.yaml` in the root if left out.
        public var classes: ClassesSetting?
        public var exif = ImagePolicy.Exif.apply
        public var truncated = ImagePolicy.Truncated.error

        public init() {}
    }

    /// The number of classes.
    public static let count = 847

    public let files: DatasetFiles

    /// - Throws: `SettingError` for classes that make no sense, `DataError` for folders that are not as described and for a missing list
    ///   of classes.
    public init(_ configuration: Configuration) throws {
        let split = configuration.split.rawValue
        let names = try configuration.ownClasses("ADE20KFull")
        let classes = ClassList(names: names ?? [])
        let files = try DatasetFiles(
            Layout(
                parts: [Layout.Part(images: "images_detectron2/\(split)", masks: "annotations_detectron2/\(split)")],
                classes: classes, table: LabelTable(classes: classes.count, ignored: [65535]),
                others: [
                    PairedFolders.OtherMasks(
                        suffix: ".tif", remedy: "TIFF is not read: convert the masks to 16-bit PNG files of the same names")
                ],
                mistakes: [
                    Layout.Mistake(
                        numbers: ADE20KFull.count...65534,
                        remedy: "the 847 classes have 0…846; MaskFormer's preparation makes them from ADE20K's own numbers")
                ],
                preparation: "MaskFormer's prepare_ade20k_full_sem_seg.py makes both from the download, with masks in TIFF: "
                    + "convert those to 16-bit PNG"),
            configuration)
        guard let names else {
            throw DataError(
                configuration.root + "/classes.yaml", "no such file",
                remedy: "list the 847 names there, `- name` a line, in the order of their numbers; docs/data.md says whence")
        }
        guard names.count == ADE20KFull.count else {
            throw SettingError("ADE20KFull", "classes", "expected 847 names, one for each class, found \(names.count)")
        }
        self.files = files
    }
}
