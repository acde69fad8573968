import DenseKitCheckpoints
import Foundation
import Synchronization

/// A file that grows by lines, each written as a whole or not at all. Any thread may append.
final class LineFile: Sendable {
    private let path: String
    private let file: Int32
    private let lost = Mutex(0)

    /// Opens the file for writing at its end; makes it where there is none.
    init(_ path: String) throws(CheckpointError) {
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        self.path = path
        guard file >= 0 else {
            throw CheckpointError(
                path: path, problem: "cannot be opened (\(String(cString: strerror(errno))))")
        }
    }

    deinit { if file >= 0 { close(file) } }

    /// How many lines could not be written.
    var lostLines: Int { lost.withLock { $0 } }

    /// Writes `line` and a line feed.
    /// - Returns: why that is not possible, the first time that it is not. Training does not stop
    ///   for it.
    func append(_ line: String) -> CheckpointError? {
        lost.withLock { lost in
            guard let code = write(Array((line + "\n").utf8)) else { return nil }
            lost += 1
            guard lost == 1 else { return nil }
            return CheckpointError(
                path: path, problem: "cannot be written (\(String(cString: strerror(code))))",
                remedy: "Training continues, and lines will be missing there until it can be.")
        }
    }

    /// The reason in `errno` where not all of `bytes` could be written; then none are.
    private func write(_ bytes: [UInt8]) -> Int32? {
        let end = lseek(file, 0, SEEK_END)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(file, $0.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                if done > 0 { ftruncate(file, end) }
                return code
            }
            done += count
        }
        return nil
    }
}
