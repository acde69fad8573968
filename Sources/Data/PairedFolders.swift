import Vision

/// Pictures in one folder and their masks in another, under the same names: the layout of most segmentation data sets.
///
/// `images/sub/a.jpg` belongs to `masks/sub/a.png`. Folders are read through to the bottom, in the order of names; where there is a
/// list of names, what it says counts, in its order.
public struct PairedFolders: Sendable {
    private let images: String
    private let masks: String?
    private let imageNames: [String]
    private let maskNames: [String]
    private let policy: ImagePolicy
    /// Masks that no picture belongs to.
    public let remarks: [DataError]

    public var count: Int { imageNames.count }

    /// Masks of another kind that may lie beside, or in place of, those that are read.
    public struct OtherMasks: Sendable {
        /// What takes the place of the picture's suffix in their names.
        let suffix: String
        /// What the user can do who has only these.
        let remedy: String

        public init(suffix: String, remedy: String) {
            self.suffix = suffix
            self.remedy = remedy
        }
    }

    /// - Parameters:
    ///   - masks: the folder of the masks; nil for pictures without labels.
    ///   - imageSuffixes: how names of pictures end, in lower or upper case: `.jpg`, `_leftImg8bit.png`.
    ///   - maskSuffix: what takes the place of that in the names of masks.
    ///   - others: what else may lie in the folder of the masks.
    ///   - layout: what a user is told to expect where a folder is missing.
    /// - Throws: `DataError` for a folder that is missing or has no pictures, pictures without a mask, and two pictures for one mask.
    public init(
        images: String, masks: String?, imageSuffixes: [String], maskSuffix: String, others: [OtherMasks] = [],
        policy: ImagePolicy = ImagePolicy(), layout: String
    ) throws {
        self.images = images
        self.masks = masks
        self.policy = policy
        let files = try PairedFolders.files(images, layout)
        let stems = files.compactMap { file in
            PairedFolders.stem(file, imageSuffixes).map { (name: file, stem: $0) }
        }
        guard !stems.isEmpty else {
            let others = files.first.map { ", only such files as \($0)" } ?? ""
            throw DataError(images, "has no pictures (\(imageSuffixes.joined(separator: ", ")))\(others)", remedy: layout)
        }
        imageNames = stems.map(\.name)
        guard let masks else {
            (maskNames, remarks) = ([], [])
            return
        }
        let maskFiles = try PairedFolders.files(masks, layout)
        let paired = try PairedFolders.paired(stems, with: Set(maskFiles), images, masks, maskSuffix, others)
        maskNames = paired
        // Pictures may lie in the same folder and end alike.
        let known = Set(paired).union(images == masks ? stems.map(\.name) : [])
        let longer = others.map(\.suffix).filter { $0.hasSuffix(maskSuffix) && $0 != maskSuffix }
        remarks = maskFiles.filter { file in
            file.hasSuffix(maskSuffix) && !known.contains(file) && !longer.contains { file.hasSuffix($0) }
        }
        .map { DataError("\(masks)/\($0)", "is a mask without a picture in \(images)", remedy: "it is not used") }
    }

    /// The pictures that `list` names, in its order: `NAME` is `images/NAME<imageSuffix>` and `masks/NAME<maskSuffix>`.
    ///
    /// - Throws: `DataError` for a folder that is missing, and for a name without picture or mask, with the line of the list.
    public init(
        _ list: NameList, images: String, masks: String, imageSuffix: String, maskSuffix: String, others: [OtherMasks] = [],
        policy: ImagePolicy = ImagePolicy(), layout: String
    ) throws {
        let imageFiles = Set(try PairedFolders.files(images, layout))
        let maskFiles = Set(try PairedFolders.files(masks, layout))
        func check(_ kind: String, _ folder: String, _ suffix: String, in files: Set<String>, remedy: (String) -> String) throws {
            let lost = list.entries.filter { !files.contains($0.name + suffix) }
            guard let (line, name) = lost.first else { return }
            throw DataError(
                "\(list.path):\(line)",
                "names \(name), but there is no \(kind) \(folder)/\(name)\(suffix) (\(lost.count) of \(list.entries.count) names)",
                remedy: remedy(name))
        }
        try check("picture", images, imageSuffix, in: imageFiles) { _ in
            "a line holds one name, without folder and suffix; add the pictures, or take the lines out"
        }
        try check("mask", masks, maskSuffix, in: maskFiles) { name in
            others.first { maskFiles.contains(name + $0.suffix) }?.remedy ?? "add the masks, or take the lines out"
        }
        self.images = images
        self.masks = masks
        self.policy = policy
        imageNames = list.entries.map { $0.name + imageSuffix }
        maskNames = list.entries.map { $0.name + maskSuffix }
        remarks = []
    }

    private static func files(_ folder: String, _ layout: String) throws -> [String] {
        guard let files = FileTree.files(folder) else { throw DataError(folder, "no such folder", remedy: layout) }
        return files
    }

    private static func stem(_ file: String, _ suffixes: [String]) -> String? {
        let folded = file.lowercased()
        // The longest that fits: `_leftImg8bit.png` before `.png`.
        let suffix = suffixes.filter { folded.hasSuffix($0.lowercased()) }.max { $0.count < $1.count }
        return suffix.map { String(file.dropLast($0.count)) }
    }

    private static func paired(
        _ stems: [(name: String, stem: String)], with files: Set<String>, _ images: String, _ masks: String, _ suffix: String,
        _ others: [OtherMasks]
    ) throws -> [String] {
        var first: [String: String] = [:]
        for (name, stem) in stems {
            if let other = first.updateValue(name, forKey: stem) {
                throw DataError(
                    "\(images)/\(name)", "belongs to the same mask as \(other): \(stem)\(suffix)",
                    remedy: "rename one of them, or name the suffix of the pictures")
            }
        }
        let lone = stems.filter { !files.contains($0.stem + suffix) }
        if let example = lone.first {
            let other = others.first { files.contains(example.stem + $0.suffix) }
            throw DataError(
                "\(images)/\(example.name)",
                "has no mask \(masks)/\(example.stem)\(suffix) (\(lone.count) of \(stems.count) pictures)",
                remedy: other?.remedy ?? "add the masks, or take the pictures out of the folder")
        }
        return stems.map { $0.stem + suffix }
    }

    /// The path of picture `index`, and of its mask.
    public func paths(at index: Int) -> (image: String, mask: String?) {
        ("\(images)/\(imageNames[index])", masks.map { "\($0)/\(maskNames[index])" })
    }

    /// Reads the labels of picture `index` alone.
    ///
    /// - Throws: `DataError` for what cannot be read, and a number that `table` does not declare.
    public func labels(at index: Int, table: LabelTable, remedy: (Int) -> String? = { _ in nil }) throws -> LabelMap? {
        guard let mask = paths(at: index).mask else { return nil }
        return try table(try numbers(mask), path: mask, remedy: remedy)
    }

    /// The numbers that a mask stores. One that was there when the folders were listed and is gone is no damaged file.
    private func numbers(_ mask: String) throws -> LabelMap {
        do {
            return try LabelFile.read(mask, maximumPixels: policy.maximumPixels)
        } catch let error as DataError where error.kind == .unreadable {
            guard FileSystem.exists(mask) else { throw DataError(mask, "the mask is missing: \(error.problem)") }
            throw error
        }
    }

    /// Reads picture `index` and its labels.
    ///
    /// - Parameter remedy: what to do about a number that `table` does not declare; nil for the table's own words.
    /// - Throws: `DataError` for what cannot be read, a mask of another size than its picture, and a number that `table` does not declare.
    public func sample(at index: Int, table: LabelTable, remedy: (Int) -> String? = { _ in nil }) throws -> Sample {
        let (path, mask) = paths(at: index)
        let (image, traits) = try ImageFile.readWithTraits(path, policy: policy)
        guard let mask else { return Sample(name: imageNames[index], image: image, traits: traits) }
        let raw = try numbers(mask)
        guard raw.size == image.size else {
            let isTurned = traits.contains(.exif) && policy.exif == .apply
            throw DataError(
                mask,
                "is \(raw.size), its picture \(path) is \(image.size)\(isTurned ? " once turned as its EXIF data says" : "")",
                remedy: isTurned
                    ? "set exif: ignore if masks were drawn on the pictures as stored" : "masks are as large as pictures")
        }
        let labels = try table(raw, path: mask, remedy: remedy)
        return Sample(name: imageNames[index], image: image, labels: labels, traits: traits)
    }
}
