import DenseKitCore

/// iSAID (Waqas Zamir et al., CVPR Workshops 2019): aerial images, a background and 15 classes, cut
/// into patches of 896×896 pixels by mmsegmentation's `isaid.py`.
///
///     root/img_dir/{train,val}/*.png
///     root/ann_dir/{train,val}/*_instance_color_RGB.png
///
/// The numbers in the masks are the classes, 0 the background; 255, where a patch reaches beyond
/// its image, is no class. The image patches are bitmap (BMP) files in spite of their names, and
/// are read as such.
public struct ISAID: LaidOutDataset {
    /// As YAML names it.
    public static let name = "iSAID"

    /// The parts of iSAID: patches for training and for validation.
    public enum Split: String, Codable, Sendable, CaseIterable {
        /// Patches of the training images.
        case train
        /// Patches of the validation images.
        case val
    }

    /// The root `data/iSAID` and the part `train`.
    public static let defaults = (root: "data/iSAID", split: Split.train)

    /// The image and mask patches found on disk.
    public let files: DatasetFiles

    /// Finds the patches of a part.
    ///
    /// - Throws: `SettingError` for a wrong number of class names, `DataError` for folders that
    ///   differ from the layout.
    public init(_ configuration: Configuration) throws {
        files = try DatasetFiles(configuration) { split, classes in
            Layout(
                parts: [Layout.Part(images: "img_dir/\(split)", masks: "ann_dir/\(split)")],
                imageSuffix: ".png", maskSuffix: "_instance_color_RGB.png",
                classes: classes,
                table: LabelTable(classes: 16, ignored: [255]),
                preparation:
                    "mmsegmentation's tools/dataset_converters/isaid.py makes patches and numbers from the download"
            )
        }
    }
}
