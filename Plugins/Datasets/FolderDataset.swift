import DenseKitCore

/// The user's own data for segmentation: images in one folder, masks of the same names in another.
///
/// Masks are grey or palette PNG files; the number of a pixel is its class unless `map` gives
/// another one.
public struct FolderDataset: Dataset {
    /// The settings: the two folders, the classes, and what the numbers in the masks mean.
    public struct Configuration: DatasetSettings {
        /// The folder that `images` and `masks` are relative to; empty for the working directory.
        public var root = ""
        /// The folder of images, relative to `root`.
        public var images = "images"
        /// The folder of masks, relative to `root`.
        public var masks = "masks"
        /// The classes in the order of their numbers, or the path of a YAML file that lists them;
        /// there must be at least one.
        public var classes = ClassesSetting.names([])
        /// The endings of image file names, in lower or upper case.
        public var imageSuffixes = [".jpg", ".jpeg", ".png"]
        /// The ending of mask file names, in place of the image's.
        public var maskSuffix = ".png"
        /// Numbers in the masks that are no class: their pixels are ignored in training and
        /// evaluation.
        public var ignore = [255]
        /// The class of each number in the masks; empty where the numbers are the classes. A number
        /// that a map leaves out is an error.
        public var map: [Int: Int] = [:]
        /// Whether the orientation in an image's EXIF data is applied: `apply` as OpenCV does, or
        /// `ignore` as Pillow does.
        public var exif = ImagePolicy.Exif.apply
        /// What happens to a JPEG file that ends early or is corrupt: `error`, or `accept`, which
        /// fills the rest with grey.
        public var truncated = ImagePolicy.Truncated.error

        public init() {}

        /// How images are read, as `exif` and `truncated` define.
        public var imagePolicy: ImagePolicy { ImagePolicy(exif: exif, truncated: truncated) }
        /// The classes of the setting `classes`.
        ///
        /// - Throws: `SettingError` for names that are missing, empty or not unique, and what
        ///   reading a file of names throws.
        public func knownClasses() throws -> ClassList? {
            ClassList(names: try classes.resolved("Folder"))
        }
    }

    /// The classes in the order of their numbers, in generated colours.
    public let classes: ClassList
    /// Warnings about the folders as a whole, such as masks without an image, and classes that no
    /// number of the masks means.
    public let warnings: [DataError]
    private let files: PairedFolders
    private let table: LabelTable

    /// Pairs the images with the masks.
    ///
    /// - Throws: `SettingError` for class names, an `ignore` or a `map` that do not fit,
    ///   `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        classes = ClassList(names: try configuration.classes.resolved("Folder"))
        table = try LabelTable(configuration, classes.names)
        let images = path(configuration.images, below: configuration.root)
        let masks = path(configuration.masks, below: configuration.root)
        files = try PairedFolders(
            images: images, masks: masks, imageSuffixes: configuration.imageSuffixes,
            maskSuffix: configuration.maskSuffix,
            policy: configuration.imagePolicy,
            layout: "expected images in \(images) and masks of the same names in \(masks)")
        try files.check(table, holds: classes)
        let found = Set(table.classNumbers.map(\.label))
        let absent = classes.names.enumerated().filter { !found.contains($0.offset) }.map {
            "`\($0.element)`"
        }
        let unmapped = DataError(
            masks, "no number of the masks means \(absent.joined(separator: ", "))",
            remedy: "name one in map, or take the class out")
        warnings = files.warnings + (absent.isEmpty ? [] : [unmapped])
    }

    /// The number of images.
    public var count: Int { files.count }

    /// Reads image `index` and its labels.
    ///
    /// - Throws: `DataError` with the path of a file that cannot be read, or of a mask with a
    ///   number that is not declared.
    public func sample(at index: Int) throws -> DataSample {
        try files.sample(at: index, table: table)
    }
    /// The labels of image `index`, read from its mask without the image.
    ///
    /// - Throws: `DataError` with the path of a mask that cannot be read or has a number that is
    ///   not declared.
    public func labels(at index: Int) throws -> LabelMap? {
        try files.labels(at: index, table: table)
    }
    /// The name of image `index`, its path below the folder of the images.
    public func name(at index: Int) -> String? { files.name(at: index) }
    /// The path of the mask of image `index`.
    public func maskPath(at index: Int) -> String? { files.paths(at: index).mask }
}

extension LabelTable {
    /// What numbers mean by the settings of a `Folder` with these classes.
    ///
    /// - Throws: `SettingError` for numbers out of range, and where a number is listed both as a
    ///   class and as no class.
    fileprivate init(_ configuration: FolderDataset.Configuration, _ classes: [String]) throws {
        self.init(classes: classes.count)
        if !configuration.map.isEmpty { undeclareAll() }
        for (number, label) in configuration.map.sorted(by: { $0.key < $1.key }) {
            guard (0...65535).contains(number), classes.indices.contains(label) else {
                throw SettingError(
                    "Folder", "map",
                    "expected numbers of 0…65535 and classes of 0…\(classes.count - 1), found \(number): \(label)"
                )
            }
            declare(number, as: label)
        }
        let meanings = Dictionary(uniqueKeysWithValues: classNumbers.map { ($0.number, $0.label) })
        for number in configuration.ignore {
            guard (0...65535).contains(number) else {
                throw SettingError(
                    "Folder", "ignore", "expected numbers of 0…65535, found \(number)")
            }
            guard let label = meanings[number] else {
                declare(number, as: nil)
                continue
            }
            let cure =
                configuration.map.isEmpty
                ? number == 255
                    ? "with \(classes.count) classes, write masks of 16 bits, and ignore: [65535] or [] for no class"
                    : "take it out of ignore, or the class out of classes and give the others their numbers with map"
                : "take it out of ignore or out of map"
            throw SettingError(
                "Folder", "ignore",
                "\(number) is the number of class \(label), `\(classes[label])`, which would never occur: \(cure)"
            )
        }
    }
}
