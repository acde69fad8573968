/// How the launchers of several machines agree that an attempt to run the processes has failed, and
/// when the next one begins. Attempts count from 0.
public protocol Rendezvous: AnyObject {
    /// Announces to the launchers of all machines that `attempt` failed here. Only the first
    /// announcement of an attempt counts. Returns at once.
    ///
    /// - Parameters:
    ///   - failure: the process that failed
    ///   - attempt: the attempt that it belonged to
    /// - Throws: where the other launchers cannot be reached.
    func announce(_ failure: RankFailure, attempt: Int) throws

    /// The failure of `attempt` that was announced first, by whichever launcher; nil where none
    /// was. Returns at once.
    ///
    /// - Throws: where the other launchers cannot be reached.
    func failure(ofAttempt attempt: Int) throws -> RankFailure?

    /// Waits until the launchers of all machines call it for `attempt`: on none of them does a
    /// process of it run then.
    ///
    /// - Parameters:
    ///   - attempt: the attempt that has ended here
    ///   - timeout: how long to wait, in seconds
    /// - Throws: where a launcher does not come in time.
    func waitForAll(attempt: Int, timeout: Double) throws

    /// The last call of a launcher. That of the machine which keeps the store open waits here until
    /// the others have made theirs, so that none finds the store closed.
    func leave()
}

/// The agreement of one launcher with itself.
final class LocalRendezvous: Rendezvous {
    private var failures: [Int: RankFailure] = [:]

    func announce(_ failure: RankFailure, attempt: Int) {
        failures[attempt] = failures[attempt] ?? failure
    }

    func failure(ofAttempt attempt: Int) -> RankFailure? { failures[attempt] }

    func waitForAll(attempt: Int, timeout: Double) {}

    func leave() {}
}
