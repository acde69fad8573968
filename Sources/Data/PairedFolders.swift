import DenseKitVision

/// Images in one folder and their masks in another under equal names: the layout of most
/// segmentation data sets.
///
/// `images/sub/a.jpg` belongs to `masks/sub/a.png`. Subfolders are included, in the order of names;
/// a list of names selects samples, in its order. Names that differ only in their Unicode normal
/// form, as those that macOS writes, are equal where only one file matches.
public struct PairedFolders: Sendable {
    private let images: String
    private let masks: String?
    private let imageNames: [String]
    private let maskNames: [String]
    /// What is wrong with samples that are not whole, by their index: none of them outside
    /// `IncompleteSamples.keeping`.
    private let faults: [Int: DataError]
    private let policy: ImagePolicy
    /// Warnings on masks without an image and on files that are skipped.
    public let warnings: [DataError]

    /// The number of samples.
    public var count: Int { imageNames.count }

    /// Masks of another kind that may lie in the folder, for better advice where the expected ones
    /// are missing.
    public struct OtherMasks: Sendable {
        /// What takes the place of the image's suffix in their names.
        let suffix: String
        /// What the user can do who has only these.
        let remedy: String

        /// - Parameters:
        ///   - suffix: what replaces the image's suffix in their names
        ///   - remedy: what the user can do who has only these masks
        public init(suffix: String, remedy: String) {
            self.suffix = suffix
            self.remedy = remedy
        }
    }

    /// Pairs the images below `images` with the masks below `masks`.
    ///
    /// - Parameters:
    ///   - images: the folder of the images
    ///   - masks: the folder of the masks; nil for images without labels
    ///   - imageSuffixes: the endings of image names, in lower or upper case: `.jpg`,
    ///     `_leftImg8bit.png`
    ///   - maskSuffix: what replaces the image's suffix in the names of masks
    ///   - others: masks of other kinds that may lie in the folder of the masks
    ///   - policy: how images are read
    ///   - layout: the folder layout to expect, as the remedy where a folder is missing
    /// - Throws: `DataError` for a folder that is missing or has no images, images without a mask,
    ///   two images for one mask, and names that are not UTF-8.
    public init(
        images: String, masks: String?, imageSuffixes: [String], maskSuffix: String,
        others: [OtherMasks] = [],
        policy: ImagePolicy = ImagePolicy(), layout: String
    ) throws {
        self.images = images
        self.masks = masks
        self.policy = policy
        let tree = try PairedFolders.tree(images, layout)
        try tree.refuseUnnamable(imageSuffixes)
        let stems = tree.files.compactMap { file in
            PairedFolders.stem(file, imageSuffixes).map { (name: file, stem: $0) }
        }
        guard !stems.isEmpty else {
            let others = tree.files.first.map { ", only such files as \($0)" } ?? ""
            throw DataError(
                images, "has no images (\(imageSuffixes.joined(separator: ", ")))\(others)",
                remedy: layout)
        }
        imageNames = stems.map(\.name)
        guard let masks else {
            maskNames = []
            faults = [:]
            warnings = [tree.warning].compactMap { $0 }
            return
        }
        let isShared = images == masks
        let maskTree = isShared ? tree : try PairedFolders.tree(masks, layout)
        try maskTree.refuseUnnamable([maskSuffix])
        // Other images may lie in the same folder and have the same suffix.
        let pictures = Set(isShared ? imageNames.map(NameBytes.init) : [])
        let pairing = MaskPairing(
            images: images, masks: masks, suffix: maskSuffix, others: others,
            index: NameIndex(
                maskTree.files.filter {
                    $0.hasSuffix(maskSuffix) || !pictures.contains(NameBytes($0))
                }))
        let paired = try pairing.masks(of: stems)
        maskNames = paired.names
        faults = paired.faults
        let known = pictures.union(maskNames.map(NameBytes.init))
        let longer = others.map(\.suffix).filter { $0.hasSuffix(maskSuffix) && $0 != maskSuffix }
        let lone = maskTree.files.filter { file in
            file.hasSuffix(maskSuffix) && !known.contains(NameBytes(file))
                && !longer.contains { file.hasSuffix($0) }
        }
        warnings =
            lone.map {
                DataError(
                    "\(masks)/\($0)", "is a mask without an image in \(images)",
                    remedy: "it is not used")
            }
            + [tree.warning, isShared ? nil : maskTree.warning].compactMap { $0 }
    }

    /// The samples that `list` names, in its order: `NAME` is `images/NAME<imageSuffix>` and
    /// `masks/NAME<maskSuffix>`.
    ///
    /// - Throws: `DataError` for a folder that is missing, and for a name without image or mask,
    ///   with the line of the list.
    public init(
        _ list: NameList, images: String, masks: String, imageSuffix: String, maskSuffix: String,
        others: [OtherMasks] = [],
        policy: ImagePolicy = ImagePolicy(), layout: String
    ) throws {
        let lookup = ListLookup(list: list, others: others)
        let pictures = try lookup.files(
            "image", in: PairedFolders.tree(images, layout), imageSuffix,
            remedy:
                "a line holds one name, without folder and suffix; add the images, or take the lines out"
        )
        let maskFiles = try lookup.files(
            "mask", in: PairedFolders.tree(masks, layout), maskSuffix,
            remedy: "add the masks, or take the lines out")
        imageNames = pictures.names
        maskNames = maskFiles.names
        faults = pictures.faults.merging(maskFiles.faults) { picture, mask in
            DataError(
                picture.path, "\(picture.problem); it also \(mask.problem)", remedy: picture.remedy)
        }.merging(list.faults) { $1 }
        self.images = images
        self.masks = masks
        self.policy = policy
        warnings = []
    }

    private static func tree(_ folder: String, _ layout: String) throws -> FileTree {
        guard let tree = FileTree(folder) else {
            throw DataError(folder, "no such folder", remedy: layout)
        }
        return tree
    }

    private static func stem(_ file: String, _ suffixes: [String]) -> String? {
        let folded = file.lowercased()
        // The longest that fits: `_leftImg8bit.png` before `.png`.
        let suffix = suffixes.filter { folded.hasSuffix($0.lowercased()) }.max {
            $0.count < $1.count
        }
        return suffix.map { String(file.dropLast($0.count)) }
    }

    /// The paths of image `index` and of its mask; the mask is nil where there are no labels.
    public func paths(at index: Int) -> (image: String, mask: String?) {
        ("\(images)/\(imageNames[index])", masks.map { "\($0)/\(maskNames[index])" })
    }

    /// The name of image `index`, its path below the folder of the images.
    public func name(at index: Int) -> String { imageNames[index] }

    /// Checks that the masks have enough bits for the numbers of all `classes`: in 8-bit masks,
    /// classes with numbers over 255 would never occur.
    ///
    /// At most sixteen masks are read, spread over the data set. One that cannot be read is skipped
    /// here.
    /// - Throws: `DataError` with the numbers and classes that do not fit.
    public func check(_ table: LabelTable, holds classes: ClassList) throws {
        // A class that has a low number too occurs by that.
        let low = Set(table.classNumbers.filter { $0.number <= 255 }.map(\.label))
        let high = table.classNumbers.filter { $0.number > 255 && !low.contains($0.label) }
        guard let masks, let first = high.first, let last = high.last else { return }
        for index in stride(from: 0, to: count, by: (count + 15) / 16) {
            guard let mask = paths(at: index).mask, let bits = try? LabelFile.bits(mask) else {
                continue
            }
            if bits > 8 { return }
        }
        let names = [first, last].map { "\($0.number) (`\(classes.names[$0.label])`)" }
        throw DataError(
            masks,
            "its masks have 8 bits, whose numbers end at 255: \(high.count) of \(classes.count) classes have higher numbers, "
                + (high.count == 1 ? names[0] : names.joined(separator: " to "))
                + ", and would never occur",
            remedy: "save the masks as PNG of 16 bits, or list the classes that they have")
    }

    /// Reads the labels of image `index`, without the image; nil where there are none.
    ///
    /// - Throws: `DataError` for a file that cannot be read, and a number that `table` does not
    ///   declare.
    public func labels(at index: Int, table: LabelTable, remedy: (Int) -> String? = { _ in nil })
        throws -> LabelMap?
    {
        if let fault = faults[index] { throw fault }
        guard let mask = paths(at: index).mask else { return nil }
        return try table(numbers(mask), path: mask, remedy: remedy)
    }

    /// The numbers that a mask stores. One that was there when the folders were listed and is gone
    /// is no damaged file.
    private func numbers(_ mask: String) throws -> LabelMap {
        do {
            return try LabelFile.read(mask, maximumPixels: policy.maximumPixels)
        } catch let error as DataError where error.kind == .unreadable {
            guard FileSystem.exists(mask) else {
                throw DataError(mask, "the mask is missing: \(error.problem)")
            }
            throw error
        }
    }

    /// Reads image `index` and its labels.
    ///
    /// - Parameters:
    ///   - index: of the pair
    ///   - table: says what the numbers of the mask mean
    ///   - remedy: what the user can do about an undeclared number; nil for the table's own advice
    /// - Throws: `DataError` for a file that cannot be read, a mask of another size than its image,
    ///   and a number that `table` does not declare.
    public func sample(at index: Int, table: LabelTable, remedy: (Int) -> String? = { _ in nil })
        throws -> DataSample
    {
        if let fault = faults[index] { throw fault }
        let (path, mask) = paths(at: index)
        let (image, traits) = try ImageFile.readWithTraits(path, policy: policy)
        guard let mask else {
            return DataSample(name: imageNames[index], image: image, traits: traits)
        }
        let raw = try numbers(mask)
        guard raw.size == image.size else {
            throw SizeMismatch.mask(raw.size, of: path).error(mask, image, traits, policy)
        }
        let labels = try table(raw, path: mask, remedy: remedy)
        return try DataSample(name: imageNames[index], image: image, labels: labels, traits: traits)
    }
}
