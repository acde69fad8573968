import DenseKitCore
import Foundation

/// The images and masks of a data set with a fixed layout, found on disk and paired by name.
public struct DatasetFiles: Sendable {
    private let layout: Layout
    private let parts: [PairedFolders]

    /// - Parameter layout: the layout of a part, named as in YAML, with these classes
    /// - Throws: `SettingError` for class names that do not fit, `DataError` that shows the layout
    ///   where files do not match it.
    init(
        _ configuration: some LayoutConfiguration,
        layout: (_ split: String, _ classes: ClassList) -> Layout
    ) throws {
        let layout = layout(configuration.split.rawValue, try configuration.classList())
        self.layout = layout
        let root = configuration.folder
        let policy = configuration.imagePolicy
        let remedy = DatasetFiles.place(layout, root: root).map {
            "\($0) has them: set root to that"
        }
        parts = try layout.parts.map { part in
            let expectation = layout.expectation(
                part, root: root, remedy: remedy ?? "set root to where the data is")
            guard FileManager.default.fileExists(atPath: root) else {
                throw DataError(root, "no such folder", remedy: expectation)
            }
            let images = "\(root)/\(part.images)"
            let masks = "\(root)/\(part.masks)"
            guard let list = part.list else {
                return try PairedFolders(
                    images: images, masks: masks, imageSuffixes: [layout.imageSuffix],
                    maskSuffix: layout.maskSuffix,
                    others: layout.others, policy: policy, layout: expectation)
            }
            return try PairedFolders(
                NameList("\(root)/\(list)", layout: expectation), images: images, masks: masks,
                imageSuffix: layout.imageSuffix, maskSuffix: layout.maskSuffix,
                others: layout.others, policy: policy,
                layout: expectation)
        }
        for part in parts { try part.check(layout.table, holds: layout.classes) }
    }

    /// The folder below `root` that holds the images, where `root` itself does not: `VOC2012` in
    /// `VOCdevkit`.
    private static func place(_ layout: Layout, root: String) -> String? {
        let manager = FileManager.default
        guard let images = layout.parts.first?.images,
            !manager.fileExists(atPath: "\(root)/\(images)")
        else { return nil }
        let folders = ((try? manager.contentsOfDirectory(atPath: root)) ?? []).sorted().map {
            "\(root)/\($0)"
        }
        return folders.first { manager.fileExists(atPath: "\($0)/\(images)") }
    }

    var classes: ClassList { layout.classes }
    var count: Int { parts.reduce(0) { $0 + $1.count } }
    var warnings: [DataError] { parts.flatMap(\.warnings) }

    /// Reads sample `index`, counted through all parts.
    ///
    /// - Throws: `DataError` as `PairedFolders.sample(at:table:remedy:)`.
    func sample(at index: Int) throws -> DataSample {
        let (part, index) = place(of: index)
        return try part.sample(at: index, table: layout.table, remedy: layout.remedy)
    }

    /// Its name.
    func name(at index: Int) -> String {
        let (part, index) = place(of: index)
        return part.name(at: index)
    }

    /// Its labels alone.
    func labels(at index: Int) throws -> LabelMap? {
        let (part, index) = place(of: index)
        return try part.labels(at: index, table: layout.table, remedy: layout.remedy)
    }

    /// The file of its labels.
    func maskPath(at index: Int) -> String? {
        let (part, index) = place(of: index)
        return part.paths(at: index).mask
    }

    private func place(of index: Int) -> (part: PairedFolders, index: Int) {
        var index = index
        var part = 0
        while index >= parts[part].count {
            index -= parts[part].count
            part += 1
        }
        return (parts[part], index)
    }
}
