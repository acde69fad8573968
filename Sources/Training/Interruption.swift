import DenseKitErrors
import Glibc
import Synchronization

/// Handles SIGINT and SIGTERM: the first signal is remembered until `check()`, a second one ends
/// the process at once.
public enum Interruption {
    /// The first signal; 0 for none.
    private static let received = Atomic<Int32>(0)
    private static let isPatient = Atomic(false)

    /// Installs handlers of SIGINT and SIGTERM, and ignores SIGPIPE and SIGXFSZ, so that writing to
    /// a closed pipe or past a file size limit is an ordinary error.
    ///
    /// - Parameter patiently: whether further signals are ignored, for a process that may receive a
    ///   signal twice and is ended by its parent
    public static func watch(patiently: Bool = false) {
        if patiently { isPatient.store(true, ordering: .relaxed) }
        _ = (received.load(ordering: .relaxed), isPatient.load(ordering: .relaxed))  // made here, not in the handler
        var action = sigaction()
        action.sa_flags = SA_RESTART
        // Only what is safe at any moment: an atomic exchange and _exit.
        action.__sigaction_handler.sa_handler = { signal in
            if Interruption.received.exchange(signal, ordering: .relaxed) != 0, !Interruption.isPatient.load(ordering: .relaxed) {
                _exit(128 + signal)
            }
        }
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in [SIGINT, SIGTERM] {
            sigaction(signal, &action, nil)
            sigaddset(&mask, signal)
        }
        // Whoever started this process may have blocked them.
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        for ignored in [SIGPIPE, SIGXFSZ] { signal(ignored, SIG_IGN) }
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
