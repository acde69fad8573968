import Foundation
import Synchronization

/// Starts a thread for calls that wait.
func startThread(_ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.stackSize = 1 << 20
    thread.start()
}

/// The result of `body`; nil where it throws, or takes longer than `seconds`. For calls of a store:
/// they wait without end where its server is stopped.
func answer<Result: Sendable>(
    within seconds: Double, _ body: @escaping @Sendable () throws -> Result
) -> Result? {
    let result = Mutex<Result?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    startThread {
        let found = try? body()
        result.withLock { $0 = found }
        isDone.signal()
    }
    _ = isDone.wait(timeout: .now() + seconds)
    return result.withLock { $0 }
}

/// Measures time that passes while this process runs: a process that was stopped and goes on must
/// not take the others for silent.
struct RunningClock {
    private var last = ContinuousClock.now
    /// The longest time that counts between two calls.
    let longest: Duration

    init(longest: Duration) { self.longest = longest }

    /// The seconds since the last call, as far as they count.
    mutating func elapsed() -> Double {
        let now = ContinuousClock.now
        let step = min(now - last, longest)
        last = now
        return step / .seconds(1)
    }
}
