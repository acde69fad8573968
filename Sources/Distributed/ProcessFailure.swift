import DenseKitErrors
import Foundation

/// The first failure of processes that compute together, which all of them report: the process that
/// failed, its machine, what happened and when, and who noticed it.
public struct ProcessFailure: DenseKitError, Codable, Equatable {
    /// What happened to a process, or to the store of all.
    public enum Event: Codable, Sendable, Equatable {
        /// Its connection is closed, without a goodbye.
        case connectionClosed
        /// It ended with this exit code, not 0, and reported no error.
        case exited(code: Int32)
        /// It ended with an error.
        case threw
        /// It ended as planned, with this reason, while others still needed it.
        case left(reason: String)
        /// It gave no sign of life for this time in seconds.
        case silent(seconds: Double)
        /// It did not come to a collective in which the others waited for this time in seconds. No
        /// process where all had come.
        case late(seconds: Double)
        /// The store at this address gave no answer for this time in seconds.
        case storeSilent(address: String, seconds: Double)
        /// The store at this address is closed.
        case storeClosed(address: String)
    }

    /// The exit code of a process that ends because another one failed.
    public static let exitCode: Int32 = 70

    /// The processes that failed; for the store, the one that holds it. Empty where none is known.
    public let processes: [ProcessPlace]
    /// The number of all processes.
    public let count: Int
    /// What happened.
    public let event: Event
    /// The error of the process, where it reported one.
    public let error: String?
    /// When it was noticed.
    public let time: Date
    /// The process that noticed it.
    public let witness: ProcessPlace

    public var origin: ErrorOrigin { .environment }

    public var problem: String {
        var rows: [(String, String)] = []
        func list(_ value: (ProcessPlace) -> String) -> String {
            processes.map(value).joined(separator: ", ")
        }
        if !processes.isEmpty {
            rows.append(("host", list(\.host)))
            rows.append(("process", list { "\($0.process)" }))
        }
        rows.append(("cause", cause))
        rows.append(("time", "\(Self.text(time)), noticed by \(witness)"))
        if let error { rows.append(("error", error)) }
        return ([head] + rows.map(Self.row)).joined(separator: "\n")
    }

    public var remedy: String? {
        switch event {
        case .connectionClosed:
            "See its log, and that of its system (dmesg), which kills processes where memory is short."
        case .silent: "See whether it still runs, and whether its machine can be reached."
        case .late: "See the logs of these processes; what they do takes too long, or never ends."
        case .storeSilent, .storeClosed:
            "See whether the process that holds the store runs and its machine can be reached."
        case .exited, .threw, .left: nil
        }
    }

    private var head: String {
        let ranks = processes.map { "\($0.rank)" }.joined(separator: ", ")
        let noun = processes.count == 1 ? "process" : "processes"
        return switch event {
        case .storeSilent, .storeClosed: "the \(count) processes have lost their store"
        case _ where processes.isEmpty: "the \(count) processes cannot go on"
        default: "\(noun) \(ranks) of \(count) failed first"
        }
    }

    private var cause: String {
        switch event {
        case .connectionClosed: "connection closed: crashed, or killed"
        case .exited(let code): "ended with exit code \(code)"
        case .threw: "ended with an error"
        case .left(let reason): "ended before the others: \(reason)"
        case .silent(let seconds):
            "no sign of life for \(Self.text(seconds)): stopped, or out of reach"
        case .late(let seconds):
            processes.isEmpty
                ? "a collective did not end in \(Self.text(seconds)), though all had come to it"
                : "did not come to a collective in which others waited for \(Self.text(seconds))"
        case .storeSilent(let address, let seconds):
            "no answer from the store at \(address) for \(Self.text(seconds))"
        case .storeClosed(let address): "the store at \(address) is closed"
        }
    }

    private static func row(_ name: String, _ value: String) -> String {
        let indent = String(repeating: " ", count: 12)
        let lines = value.split(separator: "\n", omittingEmptySubsequences: false)
        return "  " + name.padding(toLength: 10, withPad: " ", startingAt: 0)
            + lines.joined(separator: "\n" + indent)
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }

    /// Local time with the date, in one form for all languages.
    private static func text(_ time: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss.SSS"
        return formatter.string(from: time)
    }
}
