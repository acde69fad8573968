/// Finds the mask of every picture in a folder.
struct MaskPairing {
    let images: String
    let masks: String
    /// What takes the place of the pictures' suffix.
    let suffix: String
    let others: [PairedFolders.OtherMasks]
    let index: NameIndex

    /// The masks of pictures, in their order.
    ///
    /// - Throws: `DataError` for pictures without a mask, two pictures for one mask, and two masks for one picture.
    func masks(of pictures: [(name: String, stem: String)]) throws -> [String] {
        var first: [NameBytes: String] = [:]
        for (name, stem) in pictures {
            guard let other = first.updateValue(name, forKey: NameBytes(stem)) else { continue }
            throw DataError(
                "\(images)/\(name)", "belongs to the same mask as \(other): \(stem)\(suffix)",
                remedy: "rename one of them, or name the suffix of the pictures")
        }
        var (found, owners): ([String], [NameBytes: String]) = ([], [:])
        var lone: [(name: String, stem: String)] = []
        for picture in pictures {
            switch index.file(picture.stem + suffix) {
            case .found(let mask):
                if let other = owners.updateValue(picture.name, forKey: NameBytes(mask)) {
                    throw DataError(
                        images,
                        "has two pictures for the mask \(masks)/\(mask), whose names differ in their bytes alone: "
                            + NameIndex.shown([other, picture.name]), remedy: "remove one of them, or rename it")
                }
                found.append(mask)
            case .ambiguous(let candidates):
                throw DataError(
                    "\(images)/\(picture.name)",
                    "(\(picture.name.escapedBytes)) has \(candidates.count) masks in \(masks) whose names differ in their bytes alone: "
                        + NameIndex.shown(candidates), remedy: "keep the one that belongs to it")
            case .none: lone.append(picture)
            }
        }
        guard let example = lone.first else { return found }
        throw DataError(
            "\(images)/\(example.name)",
            "has no mask \(masks)/\(example.stem)\(suffix) (\(lone.count) of \(pictures.count) pictures)",
            remedy: remedy(example.stem))
    }

    private func remedy(_ stem: String) -> String {
        if let other = others.first(where: { index.contains(stem + $0.suffix) }) { return other.remedy }
        if let near = index.near(stem + suffix) {
            let ending = near.dropFirst(stem.count)
            return near.hasPrefix(stem)
                ? "\(masks)/\(near) is there: rename the masks, or set mask_suffix: \(ending) where the data set has that setting"
                : "\(masks)/\(near) is there: upper and lower case count; rename one of the two"
        }
        if let other = index.other(stem) {
            return
                "\(masks)/\(other) is there: masks are PNG or TIFF, and mask_suffix: \(other.dropFirst(stem.count)) names another "
                + "suffix where the data set has that setting"
        }
        return "add the masks, or take the pictures out of the folder"
    }
}

/// Finds the files that a list names.
struct ListLookup {
    let list: NameList
    let others: [PairedFolders.OtherMasks]

    /// The files of `tree` with the list's names and `suffix`.
    ///
    /// - Throws: `DataError` with the list's line for a name that has no file, or several that look the same.
    func files(_ kind: String, in tree: FileTree, _ suffix: String, remedy: String) throws -> [String] {
        let index = NameIndex(tree.files)
        var lost: [(line: Int, name: String)] = []
        var found: [String] = []
        for (line, name) in list.entries {
            switch index.file(name + suffix) {
            case .found(let file): found.append(file)
            case .none: lost.append((line, name))
            case .ambiguous(let files):
                throw DataError(
                    "\(list.path):\(line)",
                    "names \(name) (\(name.escapedBytes)), and \(tree.folder) has \(files.count) \(kind)s whose names differ in their bytes "
                        + "alone: \(NameIndex.shown(files))", remedy: "keep one of them")
            }
        }
        guard let (line, name) = lost.first else { return found }
        throw DataError(
            "\(list.path):\(line)",
            "names \(name), but there is no \(kind) \(tree.folder)/\(name)\(suffix) (\(lost.count) of \(list.entries.count) names)",
            remedy: others.first { kind == "mask" && index.contains(name + $0.suffix) }?.remedy
                ?? index.near(name + suffix).map { "\(tree.folder)/\($0) is there: upper and lower case count; rename it" }
                ?? tree.unnamable.first.map {
                    "\(tree.folder) has names that are not UTF-8, such as \($0): \(FileTree.renaming(tree.folder))"
                }
                ?? remedy)
    }
}

extension FileTree {
    /// How names from Western European systems become UTF-8.
    static func renaming(_ folder: String) -> String {
        "rename such files, as `convmv -f latin1 -t utf8 -r --notest \(folder)` does for Western European names"
    }

    /// - Throws: `DataError` for files of these suffixes whose names are not UTF-8, and for folders with such names.
    public func refuseUnnamable(_ suffixes: [String]) throws {
        let concerned = unnamable.filter { name in
            (suffixes + ["/"]).contains { name.lowercased().hasSuffix($0.lowercased()) }
        }
        guard let first = concerned.first else { return }
        throw DataError(
            "\(folder)/\(first)", "its name is not UTF-8 (\(concerned.count) such file\(concerned.count == 1 ? "" : "s"))",
            remedy: FileTree.renaming(folder))
    }
}
