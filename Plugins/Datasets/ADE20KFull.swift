import DenseKitCore

/// ADE20K with all 847 classes that occur in both of its halves, as MaskFormer prepares it (Cheng et al., NeurIPS 2021; data: Zhou et
/// al., IJCV 2019).
///
///     root/images_detectron2/{training,validation}/*.jpg
///     root/annotations_detectron2/{training,validation}/*.tif      16 bits
///
/// The numbers in the masks are the classes; 65535 is no class. Nobody has published colours, so they are made.
public struct ADE20KFull: LaidOutDataset {
    public typealias Configuration = LayoutSettings<ADE20KFull>

    public typealias Split = ADE20K.Split
    public static let defaults = (root: "data/ADE20K_2021_17_01", split: Split.training)

    public let files: DatasetFiles

    /// - Throws: `SettingError` for classes that make no sense, `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        let split = configuration.split.rawValue
        let classes = try configuration.classList()
        files = try DatasetFiles(
            Layout(
                parts: [Layout.Part(images: "images_detectron2/\(split)", masks: "annotations_detectron2/\(split)")],
                maskSuffix: ".tif", classes: classes, table: LabelTable(classes: classes.count, ignored: [65535]),
                mistakes: [
                    Layout.Mistake(
                        numbers: classes.count...65534,
                        remedy: "the 847 classes have 0…846; MaskFormer's preparation makes them from ADE20K's own numbers")
                ],
                preparation: "MaskFormer's prepare_ade20k_full_sem_seg.py makes both from the download"),
            configuration)
    }
}
