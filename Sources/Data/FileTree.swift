import Foundation

/// Names of the files below a folder.
enum FileTree {
    /// How deep folders may lie in each other; a link to a folder above would otherwise never end.
    private static let maximumDepth = 16

    /// Paths relative to `folder` of every file below it, sorted; hidden ones left out, links followed. Nil if it is no folder.
    static func files(_ folder: String) -> [String]? {
        guard isFolder(folder) else { return nil }
        var found: [String] = []
        collect(folder, prefix: "", depth: 0, into: &found)
        return found.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func collect(_ folder: String, prefix: String, depth: Int, into found: inout [String]) {
        guard depth < maximumDepth, let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            let isKnownFile = entry.pointee.d_type == UInt8(DT_REG)
            if !isKnownFile, isFolder("\(folder)/\(name)") {
                collect("\(folder)/\(name)", prefix: "\(prefix)\(name)/", depth: depth + 1, into: &found)
            } else {
                found.append(prefix + name)
            }
        }
    }
}
