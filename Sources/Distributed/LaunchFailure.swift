import DenseKitErrors
import Foundation

/// Processes that did not all come to their end, as one of them failed.
public struct LaunchFailure: DenseKitError, Equatable {
    /// The process that failed first: the cause.
    public let cause: RankFailure
    /// The other processes of this machine that failed, in the order of time.
    public let others: [RankFailure]
    /// The number of all processes.
    public let worldSize: Int
    /// How often the processes were started again before.
    public let restarts: Int

    /// The exit code of the launcher: that of the cause, or 128 and the number of its signal.
    public var exitCode: Int32 { cause.end.exitCode }

    /// The error of the cause, else how it ended, without the rest.
    public var reason: String { "rank \(cause.rank): \(cause.error ?? "ended by \(cause.end)")" }

    public var origin: ErrorOrigin { cause.end == .exit(2) ? .configuration : .environment }

    public var problem: String {
        let restarted = restarts == 0 ? "" : " after \(restarts) restart\(restarts == 1 ? "" : "s")"
        var rows = [
            ("host", cause.host), ("rank", "\(cause.rank) (local rank \(cause.localRank))"),
            ("process", "\(cause.process)"), ("ended by", "\(cause.end)"),
            ("time", Self.text(cause.time)),
        ]
        if let log = cause.log { rows.append(("log", log)) }
        if let error = cause.error { rows.append(("error", error)) }
        let head = "rank \(cause.rank) of \(worldSize) failed first\(restarted)"
        return ([head] + rows.map(Self.row) + others.map(line)).joined(separator: "\n")
    }

    public var remedy: String? {
        cause.end == .signal(SIGKILL)
            ? "The system kills processes where memory is short; its log says so (dmesg)." : nil
    }

    private static func row(_ name: String, _ value: String) -> String {
        let indent = String(repeating: " ", count: 12)
        let lines = value.split(separator: "\n", omittingEmptySubsequences: false)
        return "  " + name.padding(toLength: 10, withPad: " ", startingAt: 0)
            + lines.joined(separator: "\n" + indent)
    }

    private func line(_ other: RankFailure) -> String {
        let seconds = String(format: "%.1f", max(0, other.time.timeIntervalSince(cause.time)))
        let text =
            other.isEndedByLauncher
            ? "did not end by itself, ended by the launcher (\(other.end))"
            : "\(other.summary), \(seconds) s later"
        return Self.row("then", "rank \(other.rank): \(text)")
    }

    /// Local time with the date, in one form for all languages.
    private static func text(_ time: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss.SSS"
        return formatter.string(from: time)
    }
}

/// Processes that cannot be started.
public struct LaunchError: DenseKitError, Equatable {
    /// The path of the program, or of a file that it needs; empty where it is neither.
    public let path: String
    public let problem: String
    public let remedy: String?

    public var place: String? { path.isEmpty ? nil : path }
    public var origin: ErrorOrigin { .environment }

    init(path: String, problem: String, remedy: String? = nil) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    /// A call of the system that failed with `code`.
    init(path: String, _ failed: String, code: Int32) {
        self.init(path: path, problem: "\(failed) (\(String(cString: strerror(code))))")
    }
}
