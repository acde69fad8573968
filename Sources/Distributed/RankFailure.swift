import Foundation

/// How a process ended.
public enum ProcessEnd: Codable, Sendable, Hashable {
    /// With this exit code.
    case exit(Int32)
    /// By this signal.
    case signal(Int32)

    /// The exit code of a process that ends because of this one, as in shells: 128 and the number
    /// of the signal.
    public var exitCode: Int32 {
        switch self {
        case .exit(let code): code
        case .signal(let number): 128 + number
        }
    }
}

extension ProcessEnd: CustomStringConvertible {
    /// Such as `exit code 1` or `signal 9 (SIGKILL)`.
    public var description: String {
        switch self {
        case .exit(let code): "exit code \(code)"
        case .signal(let number): "signal \(number) (\(signalName(number)))"
        }
    }
}

/// A process of several that failed.
public struct RankFailure: Codable, Sendable, Equatable {
    /// The name of its machine.
    public let host: String
    /// Its number among all processes.
    public let rank: Int
    /// Its number among the processes of its machine.
    public let localRank: Int
    /// The number of the process in its system.
    public let process: Int32
    /// How it ended.
    public let end: ProcessEnd
    /// When it failed: the time of its error where it reported one, else the last time that it was
    /// seen alive.
    public let time: Date
    /// The error that it reported, else the end of its log; nil where there is neither.
    public let error: String?
    /// The path of its log; nil where its output went to that of the launcher.
    public let log: String?
    /// Whether the launcher ended it, as it did not end by itself after the first failure.
    public let isEndedByLauncher: Bool

    /// A process that failed.
    ///
    /// - Parameters:
    ///   - host: the name of its machine
    ///   - rank: its number among all processes
    ///   - localRank: its number among the processes of its machine
    ///   - process: its number in the system
    ///   - end: how it ended
    ///   - time: when it failed
    ///   - error: what it reported
    ///   - log: the path of its log
    ///   - isEndedByLauncher: whether the launcher ended it
    public init(
        host: String, rank: Int, localRank: Int, process: Int32, end: ProcessEnd, time: Date,
        error: String? = nil, log: String? = nil, isEndedByLauncher: Bool = false
    ) {
        self.host = host
        self.rank = rank
        self.localRank = localRank
        self.process = process
        self.end = end
        self.time = time
        self.error = error
        self.log = log
        self.isEndedByLauncher = isEndedByLauncher
    }

    /// Whether another attempt may succeed: not after a mistake in a configuration (exit code 2) or
    /// in the arguments (64), which all attempts share.
    public var allowsRestart: Bool { ![.exit(2), .exit(64)].contains(end) }

    /// Its first line of error, or how it ended.
    var summary: String {
        guard let line = error?.split(separator: "\n").first else { return "\(end)" }
        return "\(end): \(line)"
    }
}
