import Foundation

/// Finds the images that paths and patterns mean.
public enum ImageFiles {
    private static let suffixes = [".jpg", ".jpeg", ".png", ".bmp"]

    /// The files among `inputs`, the images in the folders among them, and what the patterns among them match.
    ///
    /// - Parameter warn: is told, a sentence for each folder, how many of its files are skipped because they are hidden or left by a system
    /// - Throws: `DataError` for an input that gives no image, and for two images whose results would have one name.
    public static func find(_ inputs: [String], warn: (DataError) throws -> Void = { _ in }) throws -> [String] {
        let files = try inputs.flatMap { try images($0, warn) }
        var owners: [String: String] = [:]
        for file in files {
            let name = URL(filePath: file).deletingPathExtension().lastPathComponent
            guard let other = owners.updateValue(file, forKey: name) else { continue }
            throw DataError(
                file, "has the same name as \(other), and results are named after images",
                remedy: "predict them apart, with another folder for the results")
        }
        return files
    }

    private static func images(_ input: String, _ warn: (DataError) throws -> Void) throws -> [String] {
        if let tree = FileTree(input, isDeep: false) {
            try tree.refuseUnnamable(suffixes)
            if let remark = tree.remark { try warn(remark) }
            func isImage(_ file: String) -> Bool { suffixes.contains { file.lowercased().hasSuffix($0) } }
            let files = tree.files.filter(isImage)
            let deeper = (FileTree(input)?.files.count(where: isImage) ?? files.count) - files.count
            if deeper > 0 {
                try warn(
                    DataError(
                        input, "has \(deeper) image\(deeper == 1 ? "" : "s") in folders below it, which are not predicted",
                        remedy: "name those folders too"))
            }
            guard !files.isEmpty else { throw DataError(input, "holds no .jpg, .jpeg, .png or .bmp file") }
            return files.map { input + "/" + $0 }
        }
        if access(input, F_OK) == 0 { return [input] }
        let matches = glob(input)
        guard !matches.isEmpty else { throw DataError(input, "no such file or folder, and no file matches it as a pattern") }
        return matches
    }

    private static func glob(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard Foundation.glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
    }
}
