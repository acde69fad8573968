import Foundation
import Synchronization

/// The watches of this process, for its exit.
private let watches = Mutex<[ProcessWatch]>([])
private let handler: Void = { on_exit({ status, _ in ProcessWatch.exiting(status) }, nil) }()

extension ProcessWatch {
    /// Ends this process because of `failure`.
    ///
    /// The main thread has some seconds to end it with an error of its own; where it waits in a
    /// collective, that fails now as well. But it may also compute on, or hang.
    func end(with failure: ProcessFailure) {
        Thread.sleep(forTimeInterval: grace)
        let latest = ContinuousClock.now + .seconds(600)
        while isBusy, ContinuousClock.now < latest { Thread.sleep(forTimeInterval: 0.05) }
        guard !hasLeft else { return }
        if claimsReport() {
            ErrorFile.write("\(failure)")
            try? FileHandle.standardError.write(contentsOf: Data("error: \(failure)\n".utf8))
        } else {
            // The main thread is on its way.
            Thread.sleep(forTimeInterval: grace)
        }
        // The main thread may hold the lock of a stream.
        _ = answer(within: 1) { fflush(nil) }
        _exit(ProcessFailure.exitCode)
    }

    /// Says goodbye when this process ends with exit code 0, and reports its end with another one.
    func noteExit() {
        _ = handler
        watches.withLock { $0.append(self) }
    }

    /// Leaves the exit of this process unnoted.
    func forgetExit() { watches.withLock { $0.removeAll { $0 === self } } }

    fileprivate static func exiting(_ status: Int32) {
        for watch in watches.withLock({ $0 }) {
            if status == 0 {
                watch.leave(because: "exit code 0")
            } else {
                watch.publish(.exited(code: status), error: nil)
            }
        }
    }
}
