import DenseKitCore

/// Where the files of a data set lie and what the numbers in its masks mean: all that distinguishes
/// one data set from another.
struct Layout: Sendable {
    /// A pair of folders, relative to the root of the data set.
    struct Part: Sendable {
        var images: String
        var masks: String
        /// A file that names the samples, one a line; without it all images of the folder are
        /// samples.
        var list: String?
    }

    /// What a number that no class has may come from, and what to do then.
    struct Mistake: Sendable {
        var numbers: ClosedRange<Int>
        var remedy: String
    }

    /// One after the other, they are the data set.
    var parts: [Part]
    /// Folders in between that belong to names, for error messages: `CITY/`.
    var between = ""
    var imageSuffix = ".jpg"
    /// What takes the place of `imageSuffix` in the names of masks.
    var maskSuffix = ".png"
    var classes: ClassList
    var table: LabelTable
    /// Masks of other kinds that may lie beside those that are read.
    var others: [PairedFolders.OtherMasks] = []
    var mistakes: [Mistake] = []
    /// What to do about other numbers; nil where the data set has the settings that the table's own
    /// text names.
    var otherNumbers: String? =
        "correct the mask, or read it as a Folder, which has a map of numbers to classes"
    /// Who makes files that are not part of the download.
    var preparation: String?

    /// The text that tells a user what is expected of `part`.
    func expectation(_ part: Part, root: String, remedy: String) -> String {
        let files = [
            "\(root)/\(part.images)/\(between)*\(imageSuffix)",
            "\(root)/\(part.masks)/\(between)*\(maskSuffix)",
        ]
        let list = part.list.map { "\(root)/\($0), " } ?? ""
        return
            "expected \(list)\(files[0]) and \(files[1]); \(remedy)\(preparation.map { "; \($0)" } ?? "")"
    }

    /// What to do about a number that no class has.
    func remedy(for number: Int) -> String? {
        mistakes.first { $0.numbers.contains(number) }?.remedy ?? otherNumbers
    }
}

extension LabelTable {
    /// Numbers `first ..< first + classes` are the classes, and those of `ignored` mean no class.
    init(classes: Int, first: Int = 0, ignored: [Int]) {
        self.init(classes: classes, first: first)
        for number in ignored { declare(number, as: nil) }
    }

    /// `numbers[c]` means class `c`, and those of `ignored` no class.
    init(numbers: [Int], ignored: [Int]) {
        self.init(classes: 0, ignored: ignored)
        for (label, number) in numbers.enumerated() { declare(number, as: label) }
    }
}

/// The folder or file `path`, relative to `root` unless it is a whole path or there is no root; `~`
/// is expanded in both.
func path(_ path: String, below root: String) -> String {
    let path = FilePaths.expanded(path)
    return root.isEmpty || path.hasPrefix("/") ? path : "\(FilePaths.expanded(root))/\(path)"
}
