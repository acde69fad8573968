import DenseKitCore

/// A data set with a fixed layout: the folders, file names and label numbers of a published
/// benchmark.
public protocol LaidOutDataset: Dataset {
    /// The settings in YAML: `root`, `split`, `classes`, `exif` and `truncated` (`LayoutSettings`)
    /// unless the data set says otherwise.
    associatedtype Configuration: LayoutConfiguration = LayoutSettings<Self>

    /// The parts of the data set, such as `train` and `val`, as YAML names them.
    associatedtype Split: RawRepresentable<String>, Codable, Sendable, CaseIterable

    /// The root folder, relative to the working directory, and the part that are read unless the
    /// settings name others.
    static var defaults: (root: String, split: Split) { get }
    /// The data set's name in messages, as YAML has it; the type's name if left out.
    static var name: String { get }
    /// The classes of the benchmark in the order of their numbers, with their colours.
    static var benchmark: ClassList { get }

    /// The classes of the data set under the names of a setting.
    ///
    /// - Parameters:
    ///   - setting: other names for the classes; nil for the data set's own
    ///   - folder: the root of the data set
    /// - Throws: `SettingError` for a wrong number of names, and what reading a file of names
    ///   throws.
    static func classList(_ setting: ClassesSetting?, in folder: String) throws -> ClassList

    /// The images and masks found on disk.
    var files: DatasetFiles { get }

    /// Finds the images and masks of a part.
    ///
    /// - Throws: `SettingError` for class names that do not fit, `DataError` for folders that
    ///   differ from the layout.
    init(_ configuration: Configuration) throws
}

extension LaidOutDataset {
    /// The type's name.
    public static var name: String { "\(Self.self)" }

    /// The benchmark's classes in their colours, under the names of `setting` where it is given.
    ///
    /// - Throws: `SettingError` unless there is one name for each class, and what reading a file of
    ///   names throws.
    public static func classList(_ setting: ClassesSetting?, in folder: String) throws -> ClassList
    {
        try benchmark.renamed(setting, name)
    }

    /// The classes in the order of their numbers, with their names and colours.
    public var classes: ClassList { files.classes }
    /// The number of images.
    public var count: Int { files.count }
    /// Warnings about the data set as a whole, such as masks without an image.
    public var warnings: [DataError] { files.warnings }

    /// Reads image `index` and its labels.
    ///
    /// - Throws: `DataError` with the path of a file that cannot be read, or of a mask with a
    ///   number that no class has.
    public func sample(at index: Int) throws -> DataSample { try files.sample(at: index) }
    /// The labels of image `index`, read from its mask without the image.
    ///
    /// - Throws: `DataError` with the path of a mask that cannot be read or has a number that no
    ///   class has.
    public func labels(at index: Int) throws -> LabelMap? { try files.labels(at: index) }
    /// The name of image `index`, its path below the folder of the images.
    public func name(at index: Int) -> String? { files.name(at: index) }
    /// The path of the mask of image `index`.
    public func maskPath(at index: Int) -> String? { files.maskPath(at: index) }
}

/// The settings that every data set with a fixed layout has.
public protocol LayoutConfiguration: DatasetSettings {
    /// The data set that the settings belong to.
    associatedtype Laid: LaidOutDataset

    /// The folder of the data set; `~` is expanded.
    var root: String { get }
    /// The part that is read.
    var split: Laid.Split { get }
    /// Other names for the classes, in their order, or the path of a YAML file that lists them; nil
    /// for the data set's own.
    var classes: ClassesSetting? { get }
    /// Whether the orientation in an image's EXIF data is applied.
    var exif: ImagePolicy.Exif { get }
    /// What happens to a JPEG file whose data ends early or is corrupt.
    var truncated: ImagePolicy.Truncated { get }
}

extension LayoutConfiguration {
    /// `root`, with `~` expanded.
    var folder: String { FilePaths.expanded(root) }

    /// The data set's classes, under the names of the setting `classes` where it is given.
    ///
    /// - Throws: `SettingError` for a wrong number of names, and what reading a file of names
    ///   throws.
    public func classList() throws -> ClassList { try Laid.classList(classes, in: folder) }

    /// How images are read, as `exif` and `truncated` define.
    public var imagePolicy: ImagePolicy { ImagePolicy(exif: exif, truncated: truncated) }
    /// The classes, which are known without the data set's images: those of `classList()`.
    ///
    /// - Throws: `SettingError` for a wrong number of names, and what reading a file of names
    ///   throws.
    public func knownClasses() throws -> ClassList? { try classList() }
}

/// The settings of a data set with a fixed layout: where it is, which part is read, and the names
/// of its classes.
public struct LayoutSettings<Laid: LaidOutDataset>: LayoutConfiguration {
    /// The folder of the data set; `~` is expanded. By default below `data/` in the working
    /// directory.
    public var root = Laid.defaults.root
    /// The part that is read; by default the one for training.
    public var split = Laid.defaults.split
    /// Other names for the classes, in their order, or the path of a YAML file that lists them; nil
    /// for the data set's own.
    public var classes: ClassesSetting?
    /// Whether the orientation in an image's EXIF data is applied: `apply` as OpenCV does, or
    /// `ignore` as Pillow does.
    public var exif = ImagePolicy.Exif.apply
    /// What happens to a JPEG file that ends early or is corrupt: `error`, or `accept`, which fills
    /// the rest with grey.
    public var truncated = ImagePolicy.Truncated.error

    public init() {}
}

/// The settings of a data set with a fixed layout whose masks exist with two kinds of numbers,
/// chosen by `labels`.
public struct NumberedLayoutSettings<Laid: LaidOutDataset>: LayoutConfiguration {
    /// The folder of the data set; `~` is expanded. By default below `data/` in the working
    /// directory.
    public var root = Laid.defaults.root
    /// The part that is read; by default the one for training.
    public var split = Laid.defaults.split
    /// Which masks are read: those with train ids or those with the data set's own numbers.
    public var labels = LabelNumbers.trainIDs
    /// Other names for the classes, in their order, or the path of a YAML file that lists them; nil
    /// for the data set's own.
    public var classes: ClassesSetting?
    /// Whether the orientation in an image's EXIF data is applied: `apply` as OpenCV does, or
    /// `ignore` as Pillow does.
    public var exif = ImagePolicy.Exif.apply
    /// What happens to a JPEG file that ends early or is corrupt: `error`, or `accept`, which fills
    /// the rest with grey.
    public var truncated = ImagePolicy.Truncated.error

    public init() {}
}
