import Foundation
import Glibc

extension AtomicFile {
    /// Checks that the file at `path` can be written, before the work whose result it will hold:
    /// writes, renames and removes a small file beside it.
    ///
    /// - Throws: `CheckpointError` with the reason why it cannot.
    public static func prove(_ path: String) throws(CheckpointError) {
        if path.hasSuffix("/") || isFolder(path) {
            throw CheckpointError(path: path, problem: "is a folder; the name of a file is wanted")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let probe = "\(folder).densekit-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        defer { unlink(probe) }
        do throws(CheckpointError) {
            try write(Data("densekit\n".utf8), to: probe)
        } catch {
            throw CheckpointError(path: path, problem: error.problem, remedy: error.remedy)
        }
    }

    /// Checks that checkpoint directories can be saved in `folder`: makes one with a file in it,
    /// replaces it, and removes it.
    ///
    /// - Throws: `CheckpointError` with the reason why they cannot.
    public static func proveDirectories(in folder: String) throws(CheckpointError) {
        let probe = "\(folder)/.densekit-proof"
        defer { removeDirectory(probe) }
        do {
            for _ in 0..<2 {
                try writeDirectory(probe) { try write(Data("densekit\n".utf8), to: $0 + "/file") }
            }
        } catch let error as CheckpointError {
            throw CheckpointError(path: folder, problem: error.problem, remedy: error.remedy)
        } catch {
            throw CheckpointError(path: folder, problem: "cannot be written (\(error))")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
