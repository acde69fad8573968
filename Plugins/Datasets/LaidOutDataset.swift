import DenseKitCore

/// A data set whose files a `Layout` describes.
public protocol LaidOutDataset: Dataset {
    /// The parts that the data set comes in, as YAML names them.
    associatedtype Split: RawRepresentable<String>, Codable, Sendable, CaseIterable

    /// Where its files are looked for, and which part is read, unless the settings say otherwise.
    static var defaults: (root: String, split: Split) { get }
    /// The classes of the benchmark.
    static var benchmark: ClassList { get }

    /// The classes, under the names that `setting` gives them.
    ///
    /// - Parameter folder: the root of the data set
    /// - Throws: `SettingError` for a wrong number of names, and what reading a file of names throws.
    static func classList(_ setting: ClassesSetting?, in folder: String) throws -> ClassList

    var files: DatasetFiles { get }
}

extension LaidOutDataset {
    public static func classList(_ setting: ClassesSetting?, in folder: String) throws -> ClassList {
        try benchmark.renamed(setting, "\(Self.self)")
    }

    public var classes: ClassList { files.classes }
    public var count: Int { files.count }
    public var remarks: [DataError] { files.remarks }

    public func sample(at index: Int) throws -> DataSample { try files.sample(at: index) }
    public func labels(at index: Int) throws -> LabelMap? { try files.labels(at: index) }
    public func maskPath(at index: Int) -> String? { files.maskPath(at: index) }
}

/// What the settings of every data set with a fixed layout say.
public protocol LayoutConfiguration: DatasetSettings {
    associatedtype Laid: LaidOutDataset

    var root: String { get }
    var split: Laid.Split { get }
    var classes: ClassesSetting? { get }
    var exif: ImagePolicy.Exif { get }
    var truncated: ImagePolicy.Truncated { get }
}

extension LayoutConfiguration {
    /// `root`, with `~` expanded.
    var folder: String { FilePaths.expanded(root) }

    /// The classes: the benchmark's, under the names that `classes` gives them.
    ///
    /// - Throws: `SettingError` for a wrong number of names, and what reading a file of names throws.
    public func classList() throws -> ClassList { try Laid.classList(classes, in: folder) }

    public var imagePolicy: ImagePolicy { ImagePolicy(exif: exif, truncated: truncated) }
    public func knownClasses() throws -> ClassList? { try classList() }
}

/// The settings of a data set with a fixed layout.
public struct LayoutSettings<Laid: LaidOutDataset>: LayoutConfiguration {
    public var root = Laid.defaults.root
    public var split = Laid.defaults.split
    /// Other names for the classes, in their order, or the path of a YAML file that lists them.
    public var classes: ClassesSetting?
    public var exif = ImagePolicy.Exif.apply
    public var truncated = ImagePolicy.Truncated.error

    public init() {}
}

/// The settings of a data set with a fixed layout whose masks exist with two kinds of numbers.
public struct NumberedLayoutSettings<Laid: LaidOutDataset>: LayoutConfiguration {
    public var root = Laid.defaults.root
    public var split = Laid.defaults.split
    /// Which masks are read.
    public var labels = LabelNumbers.trainIDs
    /// Other names for the classes, in their order, or the path of a YAML file that lists them.
    public var classes: ClassesSetting?
    public var exif = ImagePolicy.Exif.apply
    public var truncated = ImagePolicy.Truncated.error

    public init() {}
}
