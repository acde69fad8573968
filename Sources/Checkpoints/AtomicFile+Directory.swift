import Foundation

extension AtomicFile {
    /// Puts the finished directory `temporary` at `path` by one rename; what stood there goes away after that.
    ///
    /// Throws `CheckpointError`; the old directory is at `path` then.
    public static func replaceDirectory(_ path: String, with temporary: String) throws {
        let old = temporary + ".old"
        try? FileManager.default.removeItem(atPath: old)
        let replaces = FileManager.default.fileExists(atPath: path)
        if replaces, rename(path, old) != 0 { throw CheckpointError.system("cannot be replaced", errno, path: path) }
        guard rename(temporary, path) == 0 else {
            let code = errno
            if replaces { rename(old, path) }
            throw CheckpointError.system("cannot be written", code, path: path)
        }
        let parent = URL(filePath: path).deletingLastPathComponent().path
        try synchronize(folder: parent)
        if replaces { try? FileManager.default.removeItem(atPath: old) }
    }
}
