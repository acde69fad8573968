import DenseKitCore

/// COCO-Stuff 164k (Caesar, Uijlings and Ferrari, CVPR 2018): 118,287 images for training, 5,000
/// for validation, 171 classes.
///
///     root/images/{train2017,val2017}/*.jpg
///     root/annotations/{train2017,val2017}/*_labelTrainIds.png      labels: train_ids, made by mmsegmentation
///     root/annotations/{train2017,val2017}/*.png                    labels: ids, the pixel maps as downloaded
///
/// Train ids 0 to 170 are the classes, 255 is no class. The pixel maps count from 0 to 181 with
/// eleven gaps.
public struct COCOStuff164k: LaidOutDataset {
    /// The parts of COCO-Stuff 164k: 118,287 images for training and 5,000 for validation.
    public enum Split: String, Codable, Sendable, CaseIterable {
        /// `train2017`, 118,287 images.
        case train
        /// `val2017`, 5,000 images.
        case val
    }

    /// The settings: `root`, `split`, `labels`, `classes`, `exif` and `truncated`.
    public typealias Configuration = NumberedLayoutSettings<COCOStuff164k>

    /// The root `data/coco_stuff164k` and the part `train`.
    public static let defaults = (root: "data/coco_stuff164k", split: Split.train)
    /// The 171 classes of COCO-Stuff, 80 of objects and 91 of stuff.
    public static var benchmark: ClassList { COCOStuff.benchmark }

    /// The images and masks found on disk.
    public let files: DatasetFiles

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for a wrong number of class names, `DataError` for folders that
    ///   differ from the layout.
    public init(_ configuration: Configuration) throws {
        let isRaw = configuration.labels == .ids
        let made = PairedFolders.OtherMasks(
            suffix: "_labelTrainIds.png", remedy: "set labels: train_ids to read these")
        let raw = PairedFolders.OtherMasks(
            suffix: ".png", remedy: "set labels: ids to read the pixel maps as downloaded")
        files = try DatasetFiles(configuration) { split, classes in
            Layout(
                parts: [
                    Layout.Part(images: "images/\(split)2017", masks: "annotations/\(split)2017")
                ],
                maskSuffix: isRaw ? ".png" : "_labelTrainIds.png",
                classes: classes,
                table: isRaw
                    ? LabelTable(numbers: COCOStuff.ids.map { $0 - 1 }, ignored: [255])
                    : LabelTable(classes: 171, ignored: [255]),
                others: [isRaw ? made : raw],
                mistakes: isRaw
                    ? []
                    : [
                        Layout.Mistake(
                            numbers: 171...181,
                            remedy:
                                "above 170 are the numbers of the pixel maps: make these masks with mmsegmentation's "
                                + "tools/dataset_converters/coco_stuff164k.py, or set labels: ids to read the pixel maps"
                        )
                    ],
                preparation: "the pixel maps are in stuffthingmaps_trainval2017.zip of COCO-Stuff")
        }
    }
}
