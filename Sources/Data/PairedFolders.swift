import Vision

/// Pictures in one folder and their masks in another, under the same names: the layout of most segmentation data sets.
///
/// `images/sub/a.jpg` belongs to `masks/sub/a.png`. Folders are read through to the bottom, in the order of names.
public struct PairedFolders: Sendable {
    private let images: String
    private let masks: String?
    private let imageNames: [String]
    private let maskNames: [String]
    private let policy: ImagePolicy
    /// Masks that no picture belongs to.
    public let remarks: [DataError]

    public var count: Int { imageNames.count }

    /// - Parameters:
    ///   - masks: the folder of the masks; nil for pictures without labels.
    ///   - imageSuffixes: how names of pictures end, in lower or upper case: `.jpg`, `_leftImg8bit.png`.
    ///   - maskSuffix: what takes the place of that in the names of masks.
    ///   - layout: what a user is told to expect where a folder is missing.
    /// - Throws: `DataError` for a folder that is missing or has no pictures, pictures without a mask, and two pictures for one mask.
    public init(
        images: String, masks: String?, imageSuffixes: [String], maskSuffix: String, policy: ImagePolicy = ImagePolicy(),
        layout: String
    ) throws {
        self.images = images
        self.masks = masks
        self.policy = policy
        guard let files = FileTree.files(images) else { throw DataError(images, "no such folder", remedy: layout) }
        let stems = files.compactMap { file in
            PairedFolders.stem(file, imageSuffixes).map { (name: file, stem: $0) }
        }
        guard !stems.isEmpty else {
            throw DataError(images, "has no pictures (\(imageSuffixes.joined(separator: ", ")))", remedy: layout)
        }
        imageNames = stems.map(\.name)
        guard let masks else {
            (maskNames, remarks) = ([], [])
            return
        }
        guard let maskFiles = FileTree.files(masks) else { throw DataError(masks, "no such folder", remedy: layout) }
        let paired = try PairedFolders.paired(stems, with: Set(maskFiles), images, masks, maskSuffix)
        maskNames = paired
        // Pictures may lie in the same folder and end alike.
        let known = Set(paired).union(images == masks ? stems.map(\.name) : [])
        remarks = maskFiles.filter { $0.hasSuffix(maskSuffix) && !known.contains($0) }
            .map { DataError("\(masks)/\($0)", "is a mask without a picture in \(images)", remedy: "it is not used") }
    }

    private static func stem(_ file: String, _ suffixes: [String]) -> String? {
        let folded = file.lowercased()
        // The longest that fits: `_leftImg8bit.png` before `.png`.
        let suffix = suffixes.filter { folded.hasSuffix($0.lowercased()) }.max { $0.count < $1.count }
        return suffix.map { String(file.dropLast($0.count)) }
    }

    private static func paired(
        _ stems: [(name: String, stem: String)], with files: Set<String>, _ images: String, _ masks: String, _ suffix: String
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
            throw DataError(
                "\(images)/\(example.name)",
                "has no mask \(masks)/\(example.stem)\(suffix) (\(lone.count) of \(stems.count) pictures)",
                remedy: "add the masks, or take the pictures out of the folder")
        }
        return stems.map { $0.stem + suffix }
    }

    /// The path of picture `index`, and of its mask.
    public func paths(at index: Int) -> (image: String, mask: String?) {
        ("\(images)/\(imageNames[index])", masks.map { "\($0)/\(maskNames[index])" })
    }

    /// Reads picture `index` and its labels.
    ///
    /// - Throws: `DataError` for what cannot be read, a mask of another size than its picture, and a number that `table` does not declare.
    public func sample(at index: Int, table: LabelTable) throws -> Sample {
        let (path, mask) = paths(at: index)
        let (image, traits) = try ImageFile.readWithTraits(path, policy: policy)
        guard let mask else { return Sample(name: imageNames[index], image: image, traits: traits) }
        let raw = try LabelFile.read(mask, maximumPixels: policy.maximumPixels)
        guard raw.size == image.size else {
            let isTurned = traits.contains(.exif) && policy.exif == .apply
            throw DataError(
                mask,
                "is \(raw.size), its picture \(path) is \(image.size)\(isTurned ? " once turned as its EXIF data says" : "")",
                remedy: isTurned
                    ? "set exif: ignore if masks were drawn on the pictures as stored" : "masks are as large as pictures")
        }
        return Sample(name: imageNames[index], image: image, labels: try table(raw, path: mask), traits: traits)
    }
}
