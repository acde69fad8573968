import Foundation
import Synchronization

/// One line at the bottom of a terminal. Makes nothing where the output is not a terminal. Any thread may show progress.
public final class ProgressBar: Sendable {
    private let shownAt = Mutex(0.0)

    public init?() {
        guard isatty(STDERR_FILENO) == 1, ProcessInfo.processInfo.environment["TERM"] != "dumb" else { return nil }
    }

    /// Redraws at most ten times a second.
    public func show(_ done: Int, of total: Int, note: String) {
        let now = monotonicSeconds()
        let isDue = shownAt.withLock { shownAt in
            guard now - shownAt >= 0.1 || done == total else { return false }
            shownAt = now
            return true
        }
        guard isDue else { return }
        let width = 30
        let filled = total > 0 ? min(width, width * done / total) : 0
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        write("\r\u{1B}[K\(bar) \(done)/\(total)  \(note)")
    }

    /// Leaves an empty line to write on.
    public func clear() { write("\r\u{1B}[K") }

    /// A terminal that went away does not stop a run.
    private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
