import DenseKitErrors
import Glibc
import Synchronization

/// Handles SIGINT and SIGTERM: the first signal is remembered until `check()`, a second one ends
/// the process at once.
public enum Interruption {
    /// The first signal; 0 for none.
    private static let received = Atomic<Int32>(0)
    private static let isPatient = Atomic(false)
    private static let isWatching = Atomic(false)
    private static let stopping = [SIGINT, SIGTERM]
    private static let ignored = [SIGPIPE, SIGXFSZ]

    /// Installs handlers of SIGINT and SIGTERM, and ignores SIGPIPE and SIGXFSZ, so that writing to
    /// a closed pipe or past a file size limit is an ordinary error.
    ///
    /// - Parameter patiently: whether further signals are ignored, for a process that may receive a
    ///   signal twice and is ended by its parent
    public static func watch(patiently: Bool = false) {
        if patiently { isPatient.store(true, ordering: .relaxed) }
        isWatching.store(true, ordering: .relaxed)
        // made here, not in the handler
        _ = (received.load(ordering: .relaxed), isPatient.load(ordering: .relaxed))
        var action = sigaction()
        action.sa_flags = SA_RESTART
        // Only what is safe at any moment: an atomic exchange and _exit.
        action.__sigaction_handler.sa_handler = { signal in
            if Interruption.received.exchange(signal, ordering: .relaxed) != 0,
                !Interruption.isPatient.load(ordering: .relaxed)
            {
                _exit(128 + signal)
            }
        }
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in stopping {
            sigaction(signal, &action, nil)
            sigaddset(&mask, signal)
        }
        // Whoever started this process may have blocked them.
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        for number in ignored { signal(number, SIG_IGN) }
    }

    /// Runs `body` with the handlers of `watch()`, then restores the handlers that were there
    /// before and forgets the signal, so that a program continues as before. In a process that
    /// watches already, nothing is restored.
    public static func watching<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard !isWatching.load(ordering: .relaxed) else { return try body() }
        let before = (stopping + ignored).map { signal in
            var action = sigaction()
            sigaction(signal, nil, &action)
            return (signal: signal, action: action)
        }
        watch()
        defer {
            for (signal, action) in before {
                withUnsafePointer(to: action) { _ = sigaction(signal, $0, nil) }
            }
            received.store(0, ordering: .relaxed)
            isWatching.store(false, ordering: .relaxed)
        }
        return try body()
    }

    /// Throws `Interrupted` after a signal was received.
    public static func check() throws(Interrupted) {
        let signal = received.load(ordering: .relaxed)
        if signal != 0 { throw Interrupted(signal: signal) }
    }
}

/// A run that stopped because of a signal.
public struct Interrupted: DenseKitError {
    /// The signal's number, SIGINT or SIGTERM.
    public let signal: Int32

    /// The exit code of the process: 130 for SIGINT, as in shells; 0 for SIGTERM, with which
    /// schedulers stop a process as planned.
    public var exitCode: Int32 { signal == SIGTERM ? 0 : 128 + signal }

    public var origin: ErrorOrigin { .interruption }
    public var problem: String { "interrupted by \(signal == SIGTERM ? "SIGTERM" : "SIGINT")" }
}
