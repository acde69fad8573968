import DenseKitCheckpoints
import DenseKitErrors
import Foundation

/// The right to write into a work directory: one process has it at a time, until it releases this
/// object or ends in whatever way.
final class RunLock: Sendable {
    private let file: Int32

    /// Throws `CheckpointError` where another run has it.
    init(_ directory: String) throws(CheckpointError) {
        let path = directory + "/.lock"
        // Closed in programs that this one starts, so that they do not hold it longer.
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard file >= 0 else {
            throw CheckpointError(
                path: path, problem: "cannot be opened (\(String(cString: strerror(errno))))",
                remedy: "Choose another with \(Term.workDirectory).")
        }
        guard Self.takes(file) else {
            let code = errno
            close(file)
            throw code == EWOULDBLOCK ? Self.taken(directory, path) : Self.impossible(path, code)
        }
        self.file = file
        let owner = Array("\(getpid()) \(ProcessInfo.processInfo.hostName)\n".utf8)
        // The lock holds without it; only the message would be poorer.
        if ftruncate(file, 0) == 0 {
            _ = owner.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
        }
    }

    deinit { close(file) }

    /// Who has `directory`; nil where nobody has.
    static func owner(of directory: String) -> String? {
        let path = directory + "/.lock"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK ? owner(in: path) : nil
    }

    /// Whoever only reads the owner holds the lock for a moment.
    private static func takes(_ file: Int32) -> Bool {
        for _ in 0..<5 {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            usleep(5000)
        }
        return flock(file, LOCK_EX | LOCK_NB) == 0
    }

    private static func owner(in path: String) -> String {
        let text =
            FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
            ?? ""
        let words = text.split(whereSeparator: \.isWhitespace)
        return words.count == 2 ? "process \(words[0]) on \(words[1])" : "another process"
    }

    private static func taken(_ directory: String, _ path: String) -> CheckpointError {
        CheckpointError(
            path: directory, problem: "a run is at work here already: \(owner(in: path))",
            remedy: "Wait for it, stop it, or choose another directory with \(Term.workDirectory).")
    }

    private static func impossible(_ path: String, _ code: Int32) -> CheckpointError {
        CheckpointError(
            path: path, problem: "cannot be locked (\(String(cString: strerror(code))))",
            remedy: "Choose a directory on another disk with \(Term.workDirectory).")
    }
}
