import DenseKitCore

/// ADE20K with the 847 classes that occur in both its training and its validation part, as
/// MaskFormer prepares it (Cheng et al., NeurIPS 2021; data: Zhou et al., IJCV 2019).
///
///     root/images_detectron2/{training,validation}/*.jpg
///     root/annotations_detectron2/{training,validation}/*.tif      16 bits
///
/// The numbers in the masks are the classes; 65535 is no class. No colours are published, so they
/// are generated.
public struct ADE20KFull: LaidOutDataset {
    /// The parts `training` and `validation`.
    public typealias Split = ADE20K.Split
    /// The root `data/ADE20K_2021_17_01` and the part `training`.
    public static let defaults = (root: "data/ADE20K_2021_17_01", split: Split.training)

    /// The images and masks found on disk.
    public let files: DatasetFiles

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for a wrong number of class names, `DataError` for folders that
    ///   differ from the layout.
    public init(_ configuration: Configuration) throws {
        files = try DatasetFiles(configuration) { split, classes in
            Layout(
                parts: [
                    Layout.Part(
                        images: "images_detectron2/\(split)",
                        masks: "annotations_detectron2/\(split)")
                ],
                maskSuffix: ".tif", classes: classes,
                table: LabelTable(classes: classes.count, ignored: [65535]),
                mistakes: [
                    Layout.Mistake(
                        numbers: classes.count...65534,
                        remedy:
                            "the 847 classes have 0…846; MaskFormer's preparation makes them from ADE20K's own numbers"
                    )
                ],
                preparation:
                    "MaskFormer's prepare_ade20k_full_sem_seg.py makes both from the download")
        }
    }
}
