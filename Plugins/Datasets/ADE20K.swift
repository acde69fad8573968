import DenseKitCore
import Foundation

/// ADE20K scene parsing (Zhou et al., CVPR 2017), and other data in its layout.
///
///     root/images/{training,validation}/*.jpg
///     root/annotations/{training,validation}/*.png
///
/// In the masks 0 is unlabelled (and 255, as in mmsegmentation); numbers from 1 on are the classes.
/// A file `classes.yaml` in `root`, a list of names, replaces the 150 classes of the benchmark; the setting `classes` replaces both.
public struct ADE20K: LaidOutDataset {
    public enum Split: String, Codable, Sendable, CaseIterable {
        case training, validation
    }

    public struct Configuration: LayoutConfiguration {
        public var root = "data/ADEChallengeData2016"
        public var split = Split.training
        /// A list of names, or the path of a YAML file that holds one; ADE20K's 150 if left out.
        public var classes: ClassesSetting?
        public var exif = ImagePolicy.Exif.apply
        public var truncated = ImagePolicy.Truncated.error

        public init() {}

        /// The names of the setting, or else of a file `classes.yaml` in the root, if there is one, or else the benchmark's.
        public func classList() throws -> ClassList {
            if let classes { return ClassList(names: try classes.resolved("ADE20K")) }
            let file = folder + "/classes.yaml"
            return FileManager.default.fileExists(atPath: file) ? ClassList(names: try ClassFile.read(file)) : ADE20K.benchmark
        }
    }

    public let files: DatasetFiles

    /// - Throws: `SettingError` for classes that make no sense, `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        let split = configuration.split.rawValue
        let classes = try configuration.classList()
        files = try DatasetFiles(
            Layout(
                parts: [Layout.Part(images: "images/\(split)", masks: "annotations/\(split)")], classes: classes,
                table: LabelTable(classes: classes.count, first: 1, ignored: classes.count < 255 ? [0, 255] : [0]),
                otherNumbers: nil),
            configuration)
    }
}
