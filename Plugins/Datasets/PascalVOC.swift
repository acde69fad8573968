import DenseKitCore
import Foundation

/// Pascal VOC 2012 (Everingham et al., IJCV 2015), and its training set with the further labels of
/// Hariharan et al. (ICCV 2011).
///
///     root/JPEGImages/*.jpg
///     root/SegmentationClass/*.png
///     root/ImageSets/Segmentation/{train,val,trainval}.txt
///     root/SegmentationClassAug/*.png                          split: trainaug
///     root/ImageSets/Segmentation/{aug,trainaug}.txt           split: trainaug
///
/// The palette indices of the masks are the classes, 0 the background; 255, around each object, is
/// no class. `trainaug` reads `train.txt` from `SegmentationClass` and then `aug.txt` from
/// `SegmentationClassAug`, 10,582 images, as mmsegmentation does; where there is no `aug.txt`,
/// `trainaug.txt` from `SegmentationClassAug` alone.
public struct PascalVOC: LaidOutDataset {
    /// The parts of Pascal VOC 2012: 1,464 images (`train`), 1,449 (`val`), both (`trainval`), or
    /// 10,582 with further labels (`trainaug`).
    public enum Split: String, Codable, Sendable, CaseIterable {
        /// 1,464 images.
        case train
        /// 1,449 images.
        case val
        /// `train` and `val` together.
        case trainval
        /// 10,582 images: `train`, and further labelled ones.
        case trainaug
    }

    /// The root `data/VOCdevkit/VOC2012` and the part `train`.
    public static let defaults = (root: "data/VOCdevkit/VOC2012", split: Split.train)

    /// The images and masks found on disk.
    public let files: DatasetFiles

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for a wrong number of class names, `DataError` for folders that
    ///   differ from the layout.
    public init(_ configuration: Configuration) throws {
        let isAugmented = configuration.split == .trainaug
        files = try DatasetFiles(configuration) { _, classes in
            Layout(
                parts: PascalVOC.parts(configuration),
                classes: classes,
                table: LabelTable(classes: 21, ignored: [255]),
                mistakes: [
                    Layout.Mistake(
                        numbers: 21...254,
                        remedy:
                            "the classes are 0…20: take the masks as downloaded, whose palette indices count; turning their "
                            + "colours into grey levels destroys them")
                ],
                preparation: isAugmented
                    ? "mmsegmentation's tools/dataset_converters/voc_aug.py makes SegmentationClassAug and aug.txt from SBD's files"
                    : nil)
        }
    }

    private static func parts(_ configuration: Configuration) -> [Layout.Part] {
        func part(_ list: String, _ masks: String) -> Layout.Part {
            Layout.Part(
                images: "JPEGImages", masks: masks, list: "ImageSets/Segmentation/\(list).txt")
        }
        func exists(_ part: Layout.Part) -> Bool {
            part.list.map {
                FileManager.default.fileExists(atPath: "\(configuration.folder)/\($0)")
            } ?? false
        }
        guard configuration.split == .trainaug else {
            return [part(configuration.split.rawValue, "SegmentationClass")]
        }
        let added = part("aug", "SegmentationClassAug")
        let all = part("trainaug", "SegmentationClassAug")
        return !exists(added) && exists(all) ? [all] : [part("train", "SegmentationClass"), added]
    }
}
