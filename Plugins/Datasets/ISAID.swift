import DenseKitCore

/// iSAID (Waqas Zamir et al., CVPR Workshops 2019): aerial pictures, a background and 15 classes, cut into patches of 896×896 by
/// mmsegmentation's `isaid.py`.
///
///     root/img_dir/{train,val}/*.png
///     root/ann_dir/{train,val}/*_instance_color_RGB.png
///
/// The numbers in the masks are the classes, 0 the background; 255, where a patch reaches beyond its picture, is no class. The patches
/// of the pictures are bitmaps, in spite of their names, and read as such.
public struct ISAID: LaidOutDataset {
    public enum Split: String, Codable, Sendable, CaseIterable {
        case train, val
    }

    public typealias Configuration = LayoutSettings<ISAID>

    public static let defaults = (root: "data/iSAID", split: Split.train)

    public let files: DatasetFiles

    /// - Throws: `SettingError` for a wrong number of names, `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        let split = configuration.split.rawValue
        files = try DatasetFiles(
            Layout(
                parts: [Layout.Part(images: "img_dir/\(split)", masks: "ann_dir/\(split)")],
                imageSuffix: ".png", maskSuffix: "_instance_color_RGB.png",
                classes: try configuration.classList(),
                table: LabelTable(classes: 16, ignored: [255]),
                preparation: "mmsegmentation's tools/dataset_converters/isaid.py makes patches and numbers from the download"),
            configuration)
    }
}
