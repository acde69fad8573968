import Foundation
import Synchronization

/// A progress bar in the last line of a terminal, on standard error. Any thread may update it.
public final class ProgressBar: Sendable {
    private let shownAt = Mutex(0.0)

    /// Nil where standard error is not a terminal, or `TERM` is `dumb`.
    public init?() {
        guard isatty(STDERR_FILENO) == 1, ProcessInfo.processInfo.environment["TERM"] != "dumb"
        else { return nil }
    }

    /// Draws the bar with `done` of `total` and a note; at most ten times a second, and always at
    /// the end.
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
        let bar =
            String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        write("\r\u{1B}[K\(bar) \(done)/\(total)  \(note)")
    }

    /// Erases the line, so that other text can be written there.
    public func clear() { write("\r\u{1B}[K") }

    /// A terminal that went away does not stop a run.
    private func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
