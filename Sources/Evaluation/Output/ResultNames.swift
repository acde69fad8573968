import DenseKitData

/// Names of files below a folder of results, one for each image: folders are preserved, and no
/// image takes the place of another.
final class ResultNames {
    private var taken: Set<[UInt8]> = []
    /// The names for all images of a data set, in its order; nil until one is requested.
    private var all: [String]?

    /// The name for the result of image `index` of `dataset` where the results of all images are
    /// written in its order: whatever the process writes itself.
    ///
    /// - Throws: what reading an image throws, where the data set does not know its name.
    func name(at index: Int, of dataset: any Dataset) throws -> String {
        let names =
            try all
            ?? (0..<dataset.count).map {
                try name(for: dataset.name(at: $0) ?? dataset.sample(at: $0).name)
            }
        all = names
        return names[index]
    }

    /// The name for the result of `image`, a path within its data set: without its suffix, or with
    /// it where another image has that name already.
    func name(for image: String) -> String {
        let parts = image.split(separator: "/").filter { $0 != "." && $0 != ".." }
        let path = parts.joined(separator: "/")
        let last = parts.last ?? ""
        let dot =
            last.lastIndex(of: ".").flatMap { $0 == last.startIndex ? nil : $0 } ?? last.endIndex
        let stem = (parts.dropLast() + [last[..<dot]]).joined(separator: "/")
        var name = stem
        var count = 1
        while !taken.insert(Array(name.utf8)).inserted {
            name = count == 1 && stem != path ? path : "\(path)_\(count + 1)"
            count += 1
        }
        return name
    }
}
