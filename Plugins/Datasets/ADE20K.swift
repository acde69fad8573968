import DenseKitCore
import Foundation

/// ADE20K scene parsing (Zhou et al., CVPR 2017), and other data in its layout.
///
///     root/images/{training,validation}/*.jpg
///     root/annotations/{training,validation}/*.png
///
/// In the masks 0 is unlabelled (and 255, as in mmsegmentation); numbers from 1 on are the classes.
/// A file `classes.yaml` in `root`, a list of names, replaces the 150 classes of the benchmark; the
/// setting `classes` replaces both.
public struct ADE20K: LaidOutDataset {
    /// The parts of ADE20K: 20,210 images for training and 2,000 for validation.
    public enum Split: String, Codable, Sendable, CaseIterable {
        /// 20,210 images.
        case training
        /// 2,000 images.
        case validation
    }

    /// The root `data/ADEChallengeData2016` and the part `training`.
    public static let defaults = (root: "data/ADEChallengeData2016", split: Split.training)

    /// The classes by the names of the setting; without it by those of a file `classes.yaml` in the
    /// root; else the benchmark's 150.
    ///
    /// - Throws: `SettingError` for names that are empty or not unique, and what reading a file of
    ///   names throws.
    public static func classList(_ setting: ClassesSetting?, in folder: String) throws -> ClassList
    {
        if let setting { return ClassList(names: try setting.resolved("ADE20K")) }
        let file = folder + "/classes.yaml"
        return FileManager.default.fileExists(atPath: file)
            ? ClassList(names: try ClassFile.read(file)) : ADE20K.benchmark
    }

    /// The images and masks found on disk.
    public let files: DatasetFiles

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for class names that are empty or not unique, `DataError` for
    ///   folders that differ from the layout.
    public init(_ configuration: Configuration) throws {
        files = try DatasetFiles(configuration) { split, classes in
            Layout(
                parts: [Layout.Part(images: "images/\(split)", masks: "annotations/\(split)")],
                classes: classes,
                table: LabelTable(
                    classes: classes.count, first: 1, ignored: classes.count < 255 ? [0, 255] : [0]),
                otherNumbers: nil)
        }
    }
}
