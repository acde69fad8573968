import DenseKitErrors
import Glibc
import Synchronization

/// Signals that ask a run to stop: the first is kept until the run looks, a second ends the process at once.
public enum Interruption {
    /// The first signal; 0 for none.
    private static let received = Atomic<Int32>(0)
    private static let isPatient = Atomic(false)

    /// Takes SIGINT and SIGTERM from now on. Writing to a closed pipe, or past the allowed size of a file, becomes an error like any other.
    ///
    /// - Parameter patiently: a second signal changes nothing. For a process that may be sent the same signal twice, and whose parent ends it.
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

    /// Throws `Interrupted` once a signal came.
    public static func check() throws(Interrupted) {
        let signal = received.load(ordering: .relaxed)
        if signal != 0 { throw Interrupted(signal: signal) }
    }
}

/// A run that was asked to stop, and did.
public struct Interrupted: DenseKitError {
    public let signal: Int32

    /// How the process should end: 130 for SIGINT, as shells have it; 0 for SIGTERM, by which schedulers ask for just this.
    public var exitCode: Int32 { signal == SIGTERM ? 0 : 128 + signal }

    public var origin: ErrorOrigin { .interruption }
    public var problem: String { "interrupted by \(signal == SIGTERM ? "SIGTERM" : "SIGINT")" }
}
