import DenseKit

/// Your own data: pictures in one folder, masks of the same names in another.
///
/// Masks are grey or palette PNG files; the number of a pixel is its class unless `map` says otherwise.
public struct Folder: Dataset {
    public struct Configuration: DenseKit.Configuration {
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
    }

    public let classes: ClassList
    private let files: PairedFolders
    private let table: LabelTable

    /// - Throws: `SettingError` for classes or a `map` that make no sense, `DataError` for folders that are not as described.
    public init(_ configuration: Configuration) throws {
        let names = try configuration.classes.resolved("Folder")
        classes = ClassList(names: names)
        table = try Folder.table(configuration, classes: names.count)
        func path(_ folder: String) -> String {
            configuration.root.isEmpty || folder.hasPrefix("/") ? folder : "\(configuration.root)/\(folder)"
        }
        files = try PairedFolders(
            images: path(configuration.images), masks: path(configuration.masks), imageSuffixes: configuration.imageSuffixes,
            maskSuffix: configuration.maskSuffix,
            policy: ImagePolicy(exif: configuration.exif, truncated: configuration.truncated),
            layout:
                "expected pictures in \(path(configuration.images)) and masks of the same names in \(path(configuration.masks))")
    }

    private static func table(_ configuration: Configuration, classes: Int) throws -> LabelTable {
        var table = LabelTable(classes: classes)
        if !configuration.map.isEmpty { table.undeclareAll() }
        for number in configuration.ignore {
            guard (0...65535).contains(number) else {
                throw SettingError("Folder", "ignore", "expected numbers of 0…65535, found \(number)")
            }
            table.declare(number, as: nil)
        }
        for (number, label) in configuration.map.sorted(by: { $0.key < $1.key }) {
            guard (0...65535).contains(number), (0..<classes).contains(label) else {
                throw SettingError(
                    "Folder", "map", "expected numbers of 0…65535 and classes of 0…\(classes - 1), found \(number): \(label)")
            }
            table.declare(number, as: label)
        }
        return table
    }

    public var count: Int { files.count }
    public var remarks: [DataError] { files.remarks }

    public func sample(at index: Int) throws -> Sample { try files.sample(at: index, table: table) }
    public func labels(at index: Int) throws -> LabelMap? { try files.labels(at: index, table: table) }
    public func maskPath(at index: Int) -> String? { files.paths(at: index).mask }
}
