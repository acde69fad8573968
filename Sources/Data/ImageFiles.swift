import DenseKitErrors
import DenseKitFoundations
import Foundation

/// Finds image files by paths, folders and patterns.
public enum ImageFiles {
    private static let suffixes = [".jpg", ".jpeg", ".png", ".bmp"]

    /// The files among `inputs`, the images in the folders among them (without subfolders), and the
    /// files that match the patterns among them.
    ///
    /// - Parameters:
    ///   - inputs: files, folders, and patterns such as `street/*.jpg`
    ///   - warn: called with a warning for each folder with hidden files, files left by a system,
    ///     or images in subfolders, all of which are skipped
    /// - Throws: `DataError` for an input without images, for a file given twice, and for two
    ///   images whose results would have the same name.
    public static func find(_ inputs: [String], warn: (DataError) throws -> Void = { _ in }) throws
        -> [String]
    {
        let files = try inputs.flatMap { try images($0, warn) }
        var owners: [String: String] = [:]
        for file in files {
            let name = URL(filePath: file).deletingPathExtension().lastPathComponent
            guard let other = owners.updateValue(file, forKey: name) else { continue }
            if FilePaths.identity(of: other) == FilePaths.identity(of: file) {
                throw DataError(
                    file, "is given twice",
                    remedy: "name it, or a folder or a pattern that gives it, once")
            }
            throw DataError(
                file, "has the same name as \(other), and results are named after images",
                remedy: "predict them apart, with another \(Term.outputFolder)")
        }
        return files
    }

    private static func images(_ input: String, _ warn: (DataError) throws -> Void) throws
        -> [String]
    {
        if let tree = FileTree(input, isDeep: false) {
            try tree.refuseUnnamable(suffixes)
            if let warning = tree.warning { try warn(warning) }
            func isImage(_ file: String) -> Bool {
                suffixes.contains { file.lowercased().hasSuffix($0) }
            }
            let files = tree.files.filter(isImage)
            let deeper = (FileTree(input)?.files.count(where: isImage) ?? files.count) - files.count
            if deeper > 0 {
                try warn(
                    DataError(
                        input,
                        "has \(deeper) image\(deeper == 1 ? "" : "s") in folders below it, which are not predicted",
                        remedy: "name those folders too"))
            }
            guard !files.isEmpty else {
                throw DataError(input, "holds no .jpg, .jpeg, .png or .bmp file")
            }
            return files.map { input + "/" + $0 }
        }
        if access(input, F_OK) == 0 { return [input] }
        let matches = glob(input)
        guard !matches.isEmpty else {
            throw DataError(input, "no such file or folder, and no file matches it as a pattern")
        }
        return matches
    }

    private static func glob(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard Foundation.glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap {
            result.gl_pathv[$0].map { String(cString: $0) }
        }
    }
}
