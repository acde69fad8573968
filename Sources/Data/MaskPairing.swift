/// Finds the mask of every image in a folder.
struct MaskPairing {
    let images: String
    let masks: String
    /// What takes the place of the images' suffix.
    let suffix: String
    let others: [PairedFolders.OtherMasks]
    let index: NameIndex

    /// The masks of images, in their order, and what is wrong with images that are included without
    /// one.
    ///
    /// - Throws: `DataError` for images without a mask, two images for one mask, and two masks for
    ///   one image.
    func masks(of pictures: [(name: String, stem: String)]) throws -> Pairs {
        var pairs = Pairs()
        var first: [NameBytes: String] = [:]
        for (place, (name, stem)) in pictures.enumerated() {
            guard let other = first.updateValue(name, forKey: NameBytes(stem)) else { continue }
            try pairs.refuse(
                DataError(
                    "\(images)/\(name)", "belongs to the same mask as \(other): \(stem)\(suffix)",
                    remedy: "rename one of them, or name the suffix of the images"), at: place)
        }
        var owners: [NameBytes: String] = [:]
        var lone: [(place: Int, name: String, stem: String)] = []
        for (place, picture) in pictures.enumerated() {
            // Where the image is included without a mask, the one that is missing.
            pairs.names.append(picture.stem + suffix)
            if pairs.faults[place] != nil { continue }
            switch index.file(picture.stem + suffix) {
            case .found(let mask):
                pairs.names[place] = mask
                guard let other = owners.updateValue(picture.name, forKey: NameBytes(mask)) else {
                    continue
                }
                try pairs.refuse(
                    DataError(
                        images,
                        "has two images for the mask \(masks)/\(mask), whose names differ in their bytes alone: "
                            + NameIndex.shown([other, picture.name]),
                        remedy: "remove one of them, or rename it"), at: place)
            case .ambiguous(let candidates):
                try pairs.refuse(
                    DataError(
                        "\(images)/\(picture.name)",
                        "(\(picture.name.escapedBytes)) has \(candidates.count) masks in \(masks) whose names differ in their bytes alone: "
                            + NameIndex.shown(candidates), remedy: "keep the one that belongs to it"
                    ), at: place)
            case .none: lone.append((place, picture.name, picture.stem))
            }
        }
        try pairs.refuse(lone.map(\.place)) { number, count in
            let (_, name, stem) = lone[number]
            return DataError(
                "\(images)/\(name)",
                "has no mask \(masks)/\(stem)\(suffix)"
                    + (count.map { " (\($0) of \(pictures.count) images)" } ?? ""),
                remedy: remedy(stem))
        }
        return pairs
    }

    private func remedy(_ stem: String) -> String {
        if let other = others.first(where: { index.contains(stem + $0.suffix) }) {
            return other.remedy
        }
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
        return "add the masks, or take the images out of the folder"
    }
}

/// Files by the sample that they belong to, and what is wrong with samples that are included
/// without one.
struct Pairs {
    var names: [String] = []
    private(set) var faults: [Int: DataError] = [:]

    /// - Throws: `error`, unless incomplete samples are included: then it becomes that of the
    ///   sample.
    mutating func refuse(_ error: DataError, at place: Int) throws {
        guard IncompleteSamples.policy == .accepted else { throw error }
        faults[place] = error
    }

    /// The same for samples that lack the same: where they are not included, one error for all.
    ///
    /// - Parameter error: that of the sample `places[number]`; with the count of all of them where
    ///   it represents them
    mutating func refuse(_ places: [Int], error: (_ number: Int, _ count: Int?) -> DataError) throws
    {
        guard IncompleteSamples.policy == .accepted || places.isEmpty else {
            throw error(0, places.count)
        }
        for (number, place) in places.enumerated() { faults[place] = error(number, nil) }
    }
}

/// Finds the files that a list names.
struct ListLookup {
    let list: NameList
    let others: [PairedFolders.OtherMasks]

    /// The files of `tree` with the list's names and `suffix`, and what is wrong with names that
    /// are included without one.
    ///
    /// - Throws: `DataError` with the list's line for a name that has no file, or several that look
    ///   the same.
    func files(_ kind: String, in tree: FileTree, _ suffix: String, remedy: String) throws -> Pairs
    {
        let index = NameIndex(tree.files)
        var lost: [(place: Int, line: Int, name: String)] = []
        var pairs = Pairs()
        for (place, (line, name)) in list.entries.enumerated() {
            // Where the name is included without a file, the one that is missing.
            pairs.names.append(name + suffix)
            switch index.file(name + suffix) {
            case .found(let file): pairs.names[place] = file
            case .none: lost.append((place, line, name))
            case .ambiguous(let files):
                try pairs.refuse(
                    DataError(
                        "\(list.path):\(line)",
                        "names \(name) (\(name.escapedBytes)), and \(tree.folder) has \(files.count) \(kind)s whose names differ in their bytes "
                            + "alone: \(NameIndex.shown(files))", remedy: "keep one of them"),
                    at: place)
            }
        }
        try pairs.refuse(lost.map(\.place)) { number, count in
            let (_, line, name) = lost[number]
            return DataError(
                "\(list.path):\(line)",
                "names \(name), but there is no \(kind) \(tree.folder)/\(name)\(suffix)"
                    + (count.map { " (\($0) of \(list.entries.count) names)" } ?? ""),
                remedy: others.first { kind == "mask" && index.contains(name + $0.suffix) }?.remedy
                    ?? index.near(name + suffix).map {
                        "\(tree.folder)/\($0) is there: upper and lower case count; rename it"
                    }
                    ?? tree.unnamable.first.map {
                        "\(tree.folder) has names that are not UTF-8, such as \($0): \(FileTree.renaming(tree.folder))"
                    }
                    ?? remedy)
        }
        return pairs
    }
}

extension FileTree {
    /// How names from Western European systems become UTF-8.
    static func renaming(_ folder: String) -> String {
        "rename such files, as `convmv -f latin1 -t utf8 -r --notest \(folder)` does for Western European names"
    }

    /// Checks the names of files with these suffixes, and of folders.
    ///
    /// - Throws: `DataError` where one of the names is not UTF-8.
    public func refuseUnnamable(_ suffixes: [String]) throws {
        let concerned = unnamable.filter { name in
            (suffixes + ["/"]).contains { name.lowercased().hasSuffix($0.lowercased()) }
        }
        guard let first = concerned.first else { return }
        throw DataError(
            "\(folder)/\(first)",
            "its name is not UTF-8 (\(concerned.count) such file\(concerned.count == 1 ? "" : "s"))",
            remedy: FileTree.renaming(folder))
    }
}
