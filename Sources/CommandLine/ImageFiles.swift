import DenseKit
import Foundation

/// Finds the images that a command line means.
enum ImageFiles {
    private static let suffixes: Set<String> = ["jpg", "jpeg", "png"]

    /// The files among `inputs`, the images in the folders among them, and what the patterns among them match.
    ///
    /// Throws `DataError` for an input that gives no image, and for two images whose results would have one name.
    static func find(_ inputs: [String]) throws -> [String] {
        let files = try inputs.flatMap(images)
        var owners: [String: String] = [:]
        for file in files {
            let name = URL(filePath: file).deletingPathExtension().lastPathComponent
            guard let other = owners.updateValue(file, forKey: name) else { continue }
            throw DataError(
                file, "has the same name as \(other), and results are named after images",
                remedy: "predict them apart, with another --out-dir")
        }
        return files
    }

    private static func images(_ input: String) throws -> [String] {
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: input, isDirectory: &isDirectory) {
            guard isDirectory.boolValue else { return [input] }
            let names = try FileManager.default.contentsOfDirectory(atPath: input).sorted()
            let files = names.filter { suffixes.contains(URL(filePath: $0).pathExtension.lowercased()) }.map { input + "/" + $0 }
            guard !files.isEmpty else { throw DataError(input, "holds no .jpg, .jpeg or .png file") }
            return files
        }
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
