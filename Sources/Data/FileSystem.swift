import DenseKitCheckpoints
import Foundation

/// Reads and writes whole files and makes folders, with errors that name the file.
public enum FileSystem {
    /// Larger files are no images and no lists.
    static let maximumBytes = 1 << 30

    /// The first `limit` bytes of a regular file; all of them if left out.
    static func read(_ path: String, limit: Int = .max) throws -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw DataError(path, errno == ENOENT ? "no such file" : reason())
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw DataError(path, "is a folder; a file was expected")
        default: throw DataError(path, "is no regular file")
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            throw DataError(path, "the file is empty", remedy: "copy or download it again")
        }
        guard size <= maximumBytes else {
            throw DataError(path, "has \(size) bytes; at most \(maximumBytes) are read")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DataError(path, reason()) }
        defer { close(descriptor) }
        var failure: String?
        let wanted = min(size, limit)
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            while count < wanted {
                let got = Foundation.read(descriptor, buffer.baseAddress! + count, wanted - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = reason() }
                if got <= 0 { break }
                count += got
            }
        }
        if let failure { throw DataError(path, failure) }
        return bytes
    }

    /// Writes a file that can be made again: readers see the old one or the whole new one.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(DataError) {
        do throws(CheckpointError) {
            try AtomicFile.write(bytes, to: path, survivesCrash: false)
        } catch {
            throw DataError(path, error.problem)
        }
    }

    /// Makes the folder at `path` and its parents where they do not exist.
    ///
    /// - Throws: `DataError`, with `remedy`, for the folder that cannot be made.
    public static func makeFolder(_ path: String, remedy: String) throws(DataError) {
        if path.hasPrefix("~"), let user = path.split(separator: "/").first,
            !FileTree.isFolder(String(user))
        {
            throw DataError(
                path, "there is no user \(user.dropFirst()) with a home folder",
                remedy: "write ./\(path) for a folder of that name")
        }
        var made = path.hasPrefix("/") ? "/" : ""
        for name in path.split(separator: "/") {
            made += (made.isEmpty || made == "/" ? "" : "/") + name
            guard mkdir(made, 0o777) != 0 else { continue }
            let code = errno
            var status = stat()
            guard stat(made, &status) == 0 else {
                throw DataError(
                    made, "cannot be made: \(String(cString: strerror(code)))", remedy: remedy)
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw DataError(made, "is a file, a folder is wanted", remedy: remedy)
            }
        }
    }

    /// Whether there is something at `path`; a link that leads nowhere is nothing.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// The system's message for the last error.
    private static func reason() -> String { String(cString: strerror(errno)) }
}
