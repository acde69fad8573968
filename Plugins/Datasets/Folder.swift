import DenseKitCore

/// Your own data: pictures in one folder, masks of the same names in another.
///
/// Masks are grey or palette PNG files; the number of a pixel is its class unless `map` says otherwise.
public struct Folder: Dataset {
    public struct Configuration: DatasetSettings {
        /// What the paths of `images` and `masks` are relative to; nothing if left out.
        public var root = ""
        public var images = "images"
        public var masks = "masks"
        /// The classes in the order of their numbers, or the path of a YAML file that lists them.
        public var classes = ClassesSetting.names([])
        /// How the names of pictures end, in lower or upper case.
        public var imageSuffixes = [".jpg", ".jpeg", ".png"]
        /// What takes the place of that in the names of masks.
        public var maskSuffix = ".png"
        /// Numbers in masks that mean: no class here.
        public var ignore = [255]
        /// From numbers in masks to classes. Where it is given, numbers that it does not name are mistakes.
        public var map: [Int: Int] = [:]
        public var exif = ImagePolicy.Exif.apply
        public var truncated = ImagePolicy.Truncated.error

        public init() {}

        public var imagePolicy: ImagePolicy { ImagePolicy(exif: exif, truncated: truncated) }
        public func knownClasses() throws -> ClassList? { ClassList(names: try classes.resolved("Folder")) }
    }

    public let classes: ClassList
    public let remarks: [DataError]
    private let files: PairedFolders
    private let table: LabelTable

    /// - Throws: `SettingError` for classes, an `ignore` or a `map` that make no sense, `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        classes = ClassList(names: try configuration.classes.resolved("Folder"))
        table = try LabelTable(configuration, classes.names)
        let images = path(configuration.images, below: configuration.root)
        let masks = path(configuration.masks, below: configuration.root)
        files = try PairedFolders(
            images: images, masks: masks, imageSuffixes: configuration.imageSuffixes, maskSuffix: configuration.maskSuffix,
            policy: configuration.imagePolicy, layout: "expected pictures in \(images) and masks of the same names in \(masks)")
        try files.check(table, holds: classes)
        let found = Set(table.classNumbers.map(\.label))
        let absent = classes.names.enumerated().filter { !found.contains($0.offset) }.map { "`\($0.element)`" }
        let unmapped = DataError(
            masks, "no number of the masks means \(absent.joined(separator: ", "))",
            remedy: "name one in map, or take the class out")
        remarks = files.remarks + (absent.isEmpty ? [] : [unmapped])
    }

    public var count: Int { files.count }

    public func sample(at index: Int) throws -> DataSample { try files.sample(at: index, table: table) }
    public func labels(at index: Int) throws -> LabelMap? { try files.labels(at: index, table: table) }
    public func maskPath(at index: Int) -> String? { files.paths(at: index).mask }
}

extension LabelTable {
    /// What numbers mean by the settings of a `Folder` with these classes.
    ///
    /// - Throws: `SettingError` for numbers out of range, and where a number is said to be a class and no class.
    fileprivate init(_ configuration: Folder.Configuration, _ classes: [String]) throws {
        self.init(classes: classes.count)
        if !configuration.map.isEmpty { undeclareAll() }
        for (number, label) in configuration.map.sorted(by: { $0.key < $1.key }) {
            guard (0...65535).contains(number), classes.indices.contains(label) else {
                throw SettingError(
                    "Folder", "map",
                    "expected numbers of 0…65535 and classes of 0…\(classes.count - 1), found \(number): \(label)")
            }
            declare(number, as: label)
        }
        let meanings = Dictionary(uniqueKeysWithValues: classNumbers.map { ($0.number, $0.label) })
        for number in configuration.ignore {
            guard (0...65535).contains(number) else {
                throw SettingError("Folder", "ignore", "expected numbers of 0…65535, found \(number)")
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
                "\(number) is the number of class \(label), `\(classes[label])`, which would never occur: \(cure)")
        }
    }
}
