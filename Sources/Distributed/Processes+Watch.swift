import DenseKitErrors
import Foundation

extension Processes {
    /// How long processes wait for each other, in seconds.
    public struct Timeouts: Sendable, Equatable {
        /// For all to come at the start.
        public var join: Double
        /// Until a process that gives no sign of life, or a store that gives no answer, is taken for
        /// hung; nil to watch for neither, nor for processes that end.
        public var heartbeat: Double?
        /// In a collective, for a process that runs but does not come.
        public var collective: Double
        /// For the main thread to end by itself, after another process has failed.
        public var grace: Double

        /// The timeouts, in seconds.
        ///
        /// - Parameters:
        ///   - join: for all to come at the start
        ///   - heartbeat: for a sign of life; nil for processes that do not watch each other
        ///   - collective: for a process to come to a collective
        ///   - grace: for the main thread, after another process has failed
        public init(
            join: Double = 60, heartbeat: Double? = 60, collective: Double = 1800,
            grace: Double = 5
        ) {
            self.join = join
            self.heartbeat = heartbeat
            self.collective = collective
            self.grace = grace
        }
    }

    /// Runs `body`, such as a save, to its end even if another process has failed: this one is not
    /// ended meanwhile, for ten minutes at most.
    ///
    /// - Throws: what `body` throws
    public func delayingEnd<Result>(_ body: () throws -> Result) rethrows -> Result {
        watch?.setBusy(true)
        defer { watch?.setBusy(false) }
        return try body()
    }

    /// Leaves the other processes, so that the end of this one does not alarm them. All must have
    /// made their last call before. An exit with code 0 does it as well.
    ///
    /// - Parameter reason: what processes are told that still need this one
    public func leave(because reason: String = "it has left") { watch?.leave(because: reason) }

    /// Tells the other processes of an error with which this one is about to end, so that they
    /// report it, and not the connection that breaks with it. After an `Interrupted`, leaves them.
    ///
    /// - Returns: the error to report: `error`, or the failure of another process that caused it
    public func fail(_ error: any Error) -> any Error {
        guard let watch else { return error }
        if ErrorOrigin(of: error) == .interruption {
            watch.leave(because: "\(error)")
            return error
        }
        let told = error as? OtherProcessError
        let error: any Error =
            told.map { watch.publish($0.error, ofProcess: $0.rank) } ?? watch.explained(error)
        watch.publish(.threw, error: "\(error)")
        // Else the watch is printing it, and ends this process.
        if !watch.claimsReport() { Thread.sleep(forTimeInterval: watch.grace) }
        return error
    }
}
