import Foundation
import Glibc

/// Writes files atomically: they appear whole or not at all.
///
/// The content is written to a temporary file in the same folder and synced to disk; one rename,
/// which is synced too, then replaces the file. A reader, at any moment and after any crash, finds
/// the old file or the new one. After an error the old file is unchanged and the temporary one is
/// removed.
public enum AtomicFile {
    /// Writes `data` to the file at `path`.
    /// - Throws: `CheckpointError` where the file cannot be written; the old file stays.
    public static func write(_ data: Data, to path: String) throws(CheckpointError) {
        try write(typed: path) { stream in try data.withUnsafeBytes { try stream.write($0) } }
    }

    /// Writes `bytes` to the file at `path`.
    ///
    /// - Parameters:
    ///   - bytes: the whole content
    ///   - path: of the file, which may exist
    ///   - survivesCrash: whether the file is synced to disk before it replaces the old one. False
    ///     for one of many files that can be made again, such as drawings: readers still see all of
    ///     it or nothing, but it may be lost when the system crashes
    /// - Throws: `CheckpointError` where the file cannot be written; the old file stays.
    public static func write(
        _ bytes: UnsafeRawBufferPointer, to path: String, survivesCrash: Bool = true
    ) throws(CheckpointError) {
        try write(typed: path, survivesCrash: survivesCrash) { stream in try stream.write(bytes) }
    }

    /// With a `body` that throws `CheckpointError` alone.
    private static func write(
        typed path: String, survivesCrash: Bool = true, _ body: (Stream) throws -> Void
    ) throws(CheckpointError) {
        do {
            try write(to: path, survivesCrash: survivesCrash, body)
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw CheckpointError(path: path, problem: "cannot be written (\(error))")
        }
    }

    /// The file being written, to which its bytes are appended in order.
    public struct Stream {
        fileprivate let file: Descriptor

        /// Appends `bytes`.
        /// - Throws: `CheckpointError` where they cannot be written.
        public func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
            try file.write(bytes)
        }
    }

    /// Writes the file at `path` piece by piece: its content is what `body` writes to the stream.
    ///
    /// - Parameters:
    ///   - path: of the file, which may exist
    ///   - survivesCrash: whether the file is synced to disk before it replaces the old one; false
    ///     for files that can be made again after a crash of the system
    ///   - body: writes the content to the stream it is given
    /// - Throws: `CheckpointError` where the file cannot be written, and what `body` throws; the
    ///   old file stays in both cases.
    public static func write(
        to path: String, survivesCrash: Bool = true, _ body: (Stream) throws -> Void
    ) throws {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard !name.isEmpty, !path.hasSuffix("/") else {
            throw CheckpointError(path: path, problem: "is not the name of a file")
        }
        let temporary =
            "\(folder).\(name.prefix(100)).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
        do {
            let file = try Descriptor(creating: temporary)
            try body(Stream(file: file))
            if survivesCrash { try file.synchronize() }
            guard SystemCalls.current.rename(temporary, path) == 0 else {
                throw CheckpointError.system("cannot be replaced", errno, path: path)
            }
        } catch {
            unlink(temporary)
            guard let error = error as? CheckpointError, error.path == temporary else {
                throw error
            }
            throw CheckpointError(path: path, problem: error.problem, remedy: error.remedy)
        }
        if survivesCrash { try synchronize(folder: folder) }
    }

    static func synchronize(folder: String) throws(CheckpointError) {
        let calls = SystemCalls.current
        let number = calls.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard number >= 0 else { throw .system("cannot be opened", errno, path: folder) }
        defer { close(number) }
        // Some network file systems cannot do this for folders; their renames are as safe as they
        // get.
        guard calls.synchronize(number) == 0 || errno == EINVAL || errno == ENOTSUP else {
            throw .system("cannot be brought to the disk", errno, path: folder)
        }
    }
}
