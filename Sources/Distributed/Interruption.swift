import DenseKitErrors
import Glibc
import Synchronization

/// Handles SIGINT, SIGTERM and SIGUSR1: the first signal is remembered until `check()`. A second
/// SIGINT or SIGTERM ends the process at once; SIGUSR1, with which schedulers warn that time runs
/// out, does not count for that.
public enum Interruption {
    /// The first signal; 0 for none.
    private static let received = Atomic<Int32>(0)
    /// The first SIGINT or SIGTERM; 0 for none.
    private static let stop = Atomic<Int32>(0)
    private static let isPatient = Atomic(false)
    private static let isWatching = Atomic(false)
    private static let stopping = [SIGINT, SIGTERM, SIGUSR1]
    private static let ignored = [SIGPIPE, SIGXFSZ]

    /// Installs handlers of SIGINT, SIGTERM and SIGUSR1, and ignores SIGPIPE and SIGXFSZ, so that
    /// writing to a closed pipe or past a file size limit is an ordinary error.
    ///
    /// - Parameter patiently: whether further signals are ignored, for a process that may receive a
    ///   signal twice and is ended by its parent
    public static func watch(patiently: Bool = false) {
        if patiently { isPatient.store(true, ordering: .relaxed) }
        isWatching.store(true, ordering: .relaxed)
        // made here, not in the handler
        _ = (received.load(ordering: .relaxed), stop.load(ordering: .relaxed))
        _ = isPatient.load(ordering: .relaxed)
        var action = sigaction()
        action.sa_flags = SA_RESTART
        // Only what is safe at any moment: atomic exchanges and _exit.
        action.__sigaction_handler.sa_handler = { signal in
            _ = Interruption.received.compareExchange(
                expected: 0, desired: signal, ordering: .relaxed)
            guard signal != SIGUSR1 else { return }
            if Interruption.stop.exchange(signal, ordering: .relaxed) != 0,
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

    /// Lets further signals after the first one pass, for a process that may receive it twice.
    static func ignoreFurther() { isPatient.store(true, ordering: .relaxed) }

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
            stop.store(0, ordering: .relaxed)
            isWatching.store(false, ordering: .relaxed)
        }
        return try body()
    }

    /// The number of the first signal that was received; 0 for none.
    package static var pending: Int32 { received.load(ordering: .relaxed) }

    /// Throws `Interrupted` after a signal was received.
    public static func check() throws(Interrupted) {
        let signal = received.load(ordering: .relaxed)
        if signal != 0 { throw Interrupted(signal: signal) }
    }

    /// The signals that were received, in their order: a SIGUSR1 before the others, and the first
    /// SIGINT or SIGTERM.
    static var signals: [Int32] {
        let first = received.load(ordering: .relaxed)
        let stop = stop.load(ordering: .relaxed)
        return (first == SIGUSR1 ? [first] : []) + (stop == 0 ? [] : [stop])
    }
}

/// A run that stopped because of a signal.
public struct Interrupted: DenseKitError {
    /// The signal's number: SIGINT, SIGTERM or SIGUSR1.
    public let signal: Int32
    /// Whether the signal ended processes at once, so that nothing was saved.
    public let isAtOnce: Bool

    /// A stop because of a signal.
    ///
    /// - Parameters:
    ///   - signal: SIGINT, SIGTERM or SIGUSR1
    ///   - isAtOnce: whether it ended processes at once, so that nothing was saved
    public init(signal: Int32, isAtOnce: Bool = false) {
        self.signal = signal
        self.isAtOnce = isAtOnce
    }

    /// The exit code of the process: 130 for SIGINT, as in shells; 0 for SIGTERM, with which
    /// schedulers stop a process as planned; 75 for SIGUSR1, with which they warn that time runs
    /// out (`EX_TEMPFAIL`: start it again). If the signal ended processes at once: 128 and its
    /// number.
    public var exitCode: Int32 {
        switch signal {
        case SIGTERM where !isAtOnce: 0
        case SIGUSR1 where !isAtOnce: 75
        default: 128 + signal
        }
    }

    /// The signal after which a process ends with `exitCode`, other than 0; nil for other codes.
    init?(exitCode: Int32) {
        guard
            let signal = [SIGINT, SIGUSR1].first(where: {
                Interrupted(signal: $0).exitCode == exitCode
            })
        else { return nil }
        self.init(signal: signal)
    }

    public var origin: ErrorOrigin { .interruption }
    public var problem: String { "interrupted by \(signalName(signal))" }
}
