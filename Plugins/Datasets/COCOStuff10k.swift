import DenseKitCore

/// COCO-Stuff 10k (Caesar, Uijlings and Ferrari, CVPR 2018): 9,000 images for training, 1,000 for
/// testing, 171 classes. The files are those that mmsegmentation's `coco_stuff10k.py` makes.
///
///     root/images/{train2014,test2014}/*.jpg
///     root/annotations/{train2014,test2014}/*_labelTrainIds.png
///     root/imagesLists/{train,test,all}.txt                         not read: the folders tell the splits apart
///
/// In the masks 0 is unlabelled (and 255); 1 to 171 are the classes.
public struct COCOStuff10k: LaidOutDataset {
    /// The parts of COCO-Stuff 10k: 9,000 images for training and 1,000 for testing.
    public enum Split: String, Codable, Sendable, CaseIterable {
        /// 9,000 images.
        case train
        /// 1,000 images.
        case test
    }

    /// The root `data/coco_stuff10k` and the part `train`.
    public static let defaults = (root: "data/coco_stuff10k", split: Split.train)
    /// The 171 classes of COCO-Stuff, 80 of objects and 91 of stuff.
    public static var benchmark: ClassList { COCOStuff.benchmark }

    /// The images and masks found on disk.
    public let files: DatasetFiles

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for a wrong number of class names, `DataError` for folders that
    ///   differ from the layout.
    public init(_ configuration: Configuration) throws {
        let preparation =
            "mmsegmentation's tools/dataset_converters/coco_stuff10k.py makes both from the download, "
            + "whose labels are the arrays S of annotations/*.mat"
        files = try DatasetFiles(configuration) { split, classes in
            Layout(
                parts: [
                    Layout.Part(images: "images/\(split)2014", masks: "annotations/\(split)2014")
                ],
                maskSuffix: "_labelTrainIds.png",
                classes: classes,
                table: LabelTable(classes: 171, first: 1, ignored: [0, 255]),
                others: [.init(suffix: ".mat", remedy: preparation)],
                mistakes: [
                    Layout.Mistake(
                        numbers: 172...182,
                        remedy:
                            "above 171 are COCO's own numbers, as in the .mat files: make the masks with "
                            + "mmsegmentation's tools/dataset_converters/coco_stuff10k.py")
                ],
                preparation: preparation)
        }
    }
}
