import DenseKitCore

/// Cityscapes (Cordts et al., CVPR 2016): finely labelled street scenes of fifty cities, 19
/// classes.
///
///     root/leftImg8bit/{train,val,test}/CITY/*_leftImg8bit.png
///     root/gtFine/{train,val,test}/CITY/*_gtFine_labelTrainIds.png      labels: train_ids, made by cityscapesscripts
///     root/gtFine/{train,val,test}/CITY/*_gtFine_labelIds.png           labels: ids, as downloaded
///
/// Train ids are the classes, 255 is no class. Of the 34 label ids, 15 are no class.
public struct Cityscapes: LaidOutDataset {
    /// The parts of Cityscapes: 2,975 images for training, 500 for validation and 1,525 for the
    /// test server.
    public enum Split: String, Codable, Sendable, CaseIterable {
        /// 2,975 images.
        case train
        /// 500 images.
        case val
        /// 1,525 images, whose labels only the test server has.
        case test
    }

    /// The settings: `root`, `split`, `labels`, `classes`, `exif` and `truncated`.
    public typealias Configuration = NumberedLayoutSettings<Cityscapes>

    /// The root `data/cityscapes` and the part `train`.
    public static let defaults = (root: "data/cityscapes", split: Split.train)

    /// The label ids of the 19 classes, in the order of the train ids.
    private static let labelIDs = [
        7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33,
    ]

    /// The images and masks found on disk.
    public let files: DatasetFiles

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for a wrong number of class names, `DataError` for folders that
    ///   differ from the layout.
    public init(_ configuration: Configuration) throws {
        let isRaw = configuration.labels == .ids
        let noClass = (0...33).filter { !Cityscapes.labelIDs.contains($0) } + [255]
        files = try DatasetFiles(configuration) { split, classes in
            Layout(
                parts: [Layout.Part(images: "leftImg8bit/\(split)", masks: "gtFine/\(split)")],
                between: "CITY/",
                imageSuffix: "_leftImg8bit.png",
                maskSuffix: isRaw ? "_gtFine_labelIds.png" : "_gtFine_labelTrainIds.png",
                classes: classes,
                table: isRaw
                    ? LabelTable(numbers: Cityscapes.labelIDs, ignored: noClass)
                    : LabelTable(classes: 19, ignored: [255]),
                others: isRaw
                    ? [
                        .init(
                            suffix: "_gtFine_labelTrainIds.png",
                            remedy: "set labels: train_ids to read these")
                    ]
                    : [
                        .init(
                            suffix: "_gtFine_labelIds.png",
                            remedy: "set labels: ids to read the masks as downloaded")
                    ],
                mistakes: [
                    Layout.Mistake(
                        numbers: 19...33,
                        remedy:
                            "19…33 are label ids, not train ids: make these masks with cityscapesscripts' "
                            + "csCreateTrainIdLabelImgs, or set labels: ids to read *_gtFine_labelIds.png"
                    )
                ])
        }
    }
}
