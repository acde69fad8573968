import Foundation
import Glibc

/// An open file of the system, closed when the last reference goes.
final class Descriptor: Sendable {
    let path: String
    private let number: Int32

    /// Opens a regular file for reading.
    /// - Throws: `CheckpointError`.
    init(reading path: String) throws(CheckpointError) {
        // Without O_NONBLOCK a named pipe would wait here for a writer.
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw .system("cannot be opened", errno, path: path) }
        self.number = number
        self.path = path
        var status = stat()
        guard fstat(number, &status) == 0 else {
            throw .system("cannot be examined", errno, path: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(path: path, problem: "is not a file")
        }
    }

    /// Creates a file that must not exist.
    /// - Throws: `CheckpointError`.
    init(creating path: String) throws(CheckpointError) {
        let number = SystemCalls.current.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw .system("cannot be created", errno, path: path) }
        self.number = number
        self.path = path
    }

    deinit { close(number) }

    /// The size in bytes.
    func size() throws(CheckpointError) -> Int {
        var status = stat()
        guard fstat(number, &status) == 0 else {
            throw .system("cannot be examined", errno, path: path)
        }
        return Int(status.st_size)
    }

    /// Fills `buffer` with the bytes from `offset`.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        var done = 0
        while done < buffer.count {
            let count = pread(
                number, buffer.baseAddress.map { $0 + done }, min(buffer.count - done, 1 << 30),
                off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system("cannot be read", errno, path: path) }
            guard count > 0 else {
                throw CheckpointError(path: path, problem: "became shorter while it was read")
            }
            done += count
        }
    }

    /// Appends all of `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        let calls = SystemCalls.current
        var done = 0
        while done < bytes.count {
            let count = calls.write(
                number, bytes.baseAddress.map { $0 + done }, min(bytes.count - done, 1 << 30))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .system("cannot be written", errno, path: path) }
            done += count
        }
    }

    /// Waits until everything written is on the disk.
    func synchronize() throws(CheckpointError) {
        guard SystemCalls.current.synchronize(number) == 0 else {
            throw .system("cannot be brought to the disk", errno, path: path)
        }
    }
}

extension CheckpointError {
    /// The system's message for `code`, with the remedy where there is one.
    static func system(_ problem: String, _ code: Int32, path: String) -> CheckpointError {
        let remedy: String? =
            switch code {
            case ENOSPC, EDQUOT: "Free some space, or write to another disk."
            case EFBIG: "The file would exceed the size that is allowed (ulimit -f)."
            case EACCES, EPERM, EROFS: "Check the permissions, or choose another folder."
            case ENOENT: "Check the path."
            case EMFILE, ENFILE: "Raise the number of open files (ulimit -n)."
            default: nil
            }
        return CheckpointError(
            path: path, problem: "\(problem) (\(String(cString: strerror(code))))", remedy: remedy)
    }
}
