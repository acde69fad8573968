import DenseKit
import Foundation

/// ADE20K scene parsing (Zhou et al., CVPR 2017), and other data in its layout.
///
///     root/images/{training,validation}/*.jpg
///     root/annotations/{training,validation}/*.png
///
/// In the masks 0 is unlabelled (and 255, as in mmsegmentation); numbers from 1 on are the classes.
/// A file `classes.yaml` in `root`, a list of names, replaces the 150 classes of the benchmark; the setting `classes` replaces both.
public struct ADE20K: Dataset {
    public enum Split: String, Codable, Sendable, CaseIterable {
        case training, validation
    }

    public struct Configuration: DenseKit.Configuration {
        public var root = "data/ADEChallengeData2016"
        public var split = Split.training
        /// A list of names, or the path of a YAML file that holds one; ADE20K's 150 if left out.
        public var classes: ClassesSetting?
        public var exif = ImagePolicy.Exif.apply
        public var truncated = ImagePolicy.Truncated.error

        public init() {}
    }

    public let classes: ClassList
    private let files: PairedFolders
    private let table: LabelTable

    /// - Throws: `SettingError` for classes that make no sense, `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        let (root, split) = (configuration.root, configuration.split.rawValue)
        let layout =
            "expected \(root)/images/\(split)/*.jpg and \(root)/annotations/\(split)/*.png; set root to where the data is"
        guard FileManager.default.fileExists(atPath: root) else { throw DataError(root, "no such folder", remedy: layout) }
        classes = try ADE20K.classes(configuration)
        var table = LabelTable(classes: classes.count, first: 1)
        table.declare(0, as: nil)
        if classes.count < 255 { table.declare(255, as: nil) }
        self.table = table
        files = try PairedFolders(
            images: "\(root)/images/\(split)", masks: "\(root)/annotations/\(split)", imageSuffixes: [".jpg"], maskSuffix: ".png",
            policy: ImagePolicy(exif: configuration.exif, truncated: configuration.truncated), layout: layout)
    }

    private static func classes(_ configuration: Configuration) throws -> ClassList {
        if let setting = configuration.classes { return ClassList(names: try setting.resolved("ADE20K")) }
        let own = configuration.root + "/classes.yaml"
        return FileManager.default.fileExists(atPath: own) ? ClassList(names: try ClassFile.read(own)) : benchmark
    }

    public var count: Int { files.count }
    public var remarks: [DataError] { files.remarks }

    public func sample(at index: Int) throws -> Sample { try files.sample(at: index, table: table) }
}
