import Foundation

/// The names of the files below a folder.
public struct FileTree {
    /// How deep folders may lie in each other; a link to a folder above would otherwise never end.
    private static let maximumDepth = 16

    let folder: String
    private let isDeep: Bool
    /// Paths relative to the folder, sorted.
    public private(set) var files: [String] = []
    /// Hidden files and folders (these with a slash behind them), and files that macOS and Windows
    /// leave in folders, sorted: `._a.jpg`, `.DS_Store`, `Thumbs.db`.
    private(set) var skipped: [String] = []
    /// Files and folders (these with a slash behind them) whose names are not UTF-8, their bytes
    /// beyond ASCII as `\xHH`, sorted.
    private(set) var unnamable: [String] = []

    /// Lists every file below `folder`, following links, without hidden folders; nil if it is no
    /// folder.
    ///
    /// - Parameters:
    ///   - folder: where to begin
    ///   - isDeep: whether files of its subfolders are listed too
    public init?(_ folder: String, isDeep: Bool = true) {
        guard FileTree.isFolder(folder) else { return nil }
        self.folder = folder
        self.isDeep = isDeep
        collect(folder, prefix: "", depth: 0)
        // Names of one normal form are equal to Swift: their bytes give them an order that no file
        // system changes.
        files.sort { $0 == $1 ? $0.utf8.lexicographicallyPrecedes($1.utf8) : $0 < $1 }
        skipped.sort()
        unnamable.sort()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// A warning on the files that are skipped; nil where there are none but those of version
    /// control.
    public var warning: DataError? {
        let skipped = skipped.filter { !($0.split(separator: "/").last ?? "").hasPrefix(".git") }
        guard let first = skipped.first else { return nil }
        return DataError(
            folder,
            "holds hidden files, or files that macOS and Windows leave in folders: \(skipped.count), the first of them \(first)",
            remedy: "they are skipped")
    }

    private mutating func collect(_ folder: String, prefix: String, depth: Int) {
        guard depth < FileTree.maximumDepth, let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let read: (name: String?, escaped: String) = withUnsafePointer(
                to: &entry.pointee.d_name
            ) {
                $0.withMemoryRebound(to: UInt8.self, capacity: 256) { start in
                    let bytes = UnsafeBufferPointer(
                        start: start,
                        count: UnsafeBufferPointer(start: start, count: 256).firstIndex(of: 0)
                            ?? 256)
                    let name = String(validating: bytes, as: UTF8.self)
                    return (name, name == nil ? FileTree.escaped(bytes) : "")
                }
            }
            let kind = entry.pointee.d_type
            guard let name = read.name else {
                if isDeep || kind == UInt8(DT_REG) {
                    unnamable.append(prefix + read.escaped + (kind == UInt8(DT_REG) ? "" : "/"))
                }
                continue
            }
            if name == "." || name == ".." { continue }
            let isFolder = kind != UInt8(DT_REG) && FileTree.isFolder("\(folder)/\(name)")
            if name.hasPrefix(".") || FileTree.leftByWindows.contains(name.lowercased()) {
                skipped.append(prefix + name + (isFolder ? "/" : ""))
            } else if isFolder {
                guard isDeep else { continue }
                collect("\(folder)/\(name)", prefix: "\(prefix)\(name)/", depth: depth + 1)
            } else {
                files.append(prefix + name)
            }
        }
    }

    private static let leftByWindows: Set = ["thumbs.db", "ehthumbs.db", "desktop.ini"]

    /// A name that is not UTF-8: ASCII as it is, other bytes as `\xHH`.
    private static func escaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        bytes.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
    }
}
