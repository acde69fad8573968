import Foundation
import Glibc

extension AtomicFile {
    /// Writes the directory at `path` as a whole: `body` fills a hidden directory beside it, which
    /// then replaces it by one rename.
    ///
    /// What was at `path` before stays until the rename, and after an error; the hidden directory
    /// is removed in both cases. The files that `body` writes must be on disk when it returns.
    /// - Throws: `CheckpointError`, and what `body` throws.
    public static func writeDirectory(_ path: String, _ body: (_ temporary: String) throws -> Void)
        throws
    {
        let temporary = hidden(path)
        // Beside the old directory of a replacement in two steps.
        defer {
            for left in [temporary, temporary + ".old"] {
                try? FileManager.default.removeItem(atPath: left)
            }
        }
        try? FileManager.default.removeItem(atPath: temporary)
        guard SystemCalls.current.makeFolder(temporary) == 0 else {
            throw CheckpointError.system("cannot be made", errno, path: path)
        }
        try body(temporary)
        try replaceDirectory(path, with: temporary)
    }

    /// Deletes the directory at `path`: it is renamed first, so that no reader takes a half-deleted
    /// directory for a whole one.
    ///
    /// Where it cannot be renamed, it stays; what cannot be deleted is removed by
    /// `removeTemporaries`.
    public static func removeDirectory(_ path: String) {
        let temporary = hidden(path)
        try? FileManager.default.removeItem(atPath: temporary)
        guard rename(path, temporary) == 0 else { return }
        try? FileManager.default.removeItem(atPath: temporary)
    }

    /// Removes temporary files and directories that killed processes left in `folder`, and restores
    /// a directory that was about to be replaced.
    ///
    /// Only for a folder in which no process is writing.
    /// - Returns: the names of what was removed or restored
    @discardableResult
    public static func removeTemporaries(in folder: String) -> [String] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        for name in names where name.hasPrefix(".") && name.hasSuffix(".tmp.old") {
            let place = "\(folder)/\(name.dropFirst().dropLast(8))"
            // Between the two renames that replace an exchange.
            if !FileManager.default.fileExists(atPath: place) { rename("\(folder)/\(name)", place) }
        }
        let left = names.filter {
            $0.hasPrefix(".") && ($0.hasSuffix(".tmp") || $0.hasSuffix(".tmp.old"))
        }
        for name in left { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
        return left
    }

    /// The hidden name beside `path` under which a directory is made and goes.
    private static func hidden(_ path: String) -> String {
        "\(folder(of: path)).\(path.split(separator: "/").last ?? "").tmp"
    }

    /// The folder that the directory at `path` lies in, with a slash at its end. By its letters:
    /// `URL(filePath:)` takes `~` for the home folder.
    private static func folder(of path: String) -> String {
        let parts = path.split(separator: "/")
        return (path.hasPrefix("/") ? "/" : parts.count > 1 ? "" : "./")
            + parts.dropLast().map { $0 + "/" }.joined()
    }

    /// Puts the finished directory `temporary` at `path`; what was there is then at `temporary`.
    private static func replaceDirectory(_ path: String, with temporary: String)
        throws(CheckpointError)
    {
        let calls = SystemCalls.current
        if !FileManager.default.fileExists(atPath: path) {
            guard calls.rename(temporary, path) == 0 else {
                throw .system("cannot be written", errno, path: path)
            }
        } else if calls.exchange(temporary, path) != 0 {
            let code = errno
            guard [ENOSYS, EINVAL, ENOTSUP].contains(code) else {
                throw .system("cannot be replaced", code, path: path)
            }
            try replaceInTwoSteps(path, with: temporary)
        }
        try synchronize(folder: folder(of: path))
    }

    /// For file systems that cannot exchange. Whoever is killed in between finds the old directory
    /// at its place after `removeTemporaries`.
    private static func replaceInTwoSteps(_ path: String, with temporary: String)
        throws(CheckpointError)
    {
        let calls = SystemCalls.current
        let old = temporary + ".old"
        guard calls.rename(path, old) == 0 else {
            throw .system("cannot be replaced", errno, path: path)
        }
        guard calls.rename(temporary, path) == 0 else {
            let code = errno
            rename(old, path)
            throw .system("cannot be written", code, path: path)
        }
    }
}
