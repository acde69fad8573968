import DenseKitTorch
import Foundation
import Synchronization

/// Counters in the store that grow as long as their processes run, and a thread that looks whether
/// the store still answers.
///
/// A process of which all threads are stopped is noticed so, and a machine that cannot be reached. A
/// process whose main thread hangs is not: its counter still grows.
final class Heartbeat: Sendable {
    /// What it notices.
    enum Finding: Sendable {
        /// Counters of these processes have stood still for the timeout.
        case silent([Int])
        /// Another process has published a failure.
        case published(ProcessFailure)
        /// The store has not answered for the timeout.
        case storeSilent
        /// The store is closed.
        case storeClosed
    }

    private let client: ProcessStore
    private let board: FailureBoard
    private let rank: Int
    private let timeout: Double
    private let interval: Double
    /// Entered once, and left by `stop`: to wait for it is to sleep until then.
    private let running = DispatchGroup()
    private let thread = DispatchGroup()
    private let rounds = Atomic(0)
    private let reason = Mutex<String?>(nil)

    /// - Parameters:
    ///   - client: of the store, for this alone
    ///   - board: where failures are published
    ///   - rank: of this process
    ///   - timeout: after how many seconds a counter that stands still is reported
    init(_ client: ProcessStore, _ board: FailureBoard, rank: Int, timeout: Double) {
        self.client = client
        self.board = board
        self.rank = rank
        self.timeout = timeout
        interval = min(1, timeout / 10)
    }

    /// The key of the number of collectives that a process has started.
    static func calls(_ rank: Int) -> String { "calls/\(rank)" }
    /// The key of why a process has left.
    static func departure(_ rank: Int) -> String { "left/\(rank)" }
    private static func counter(_ rank: Int) -> String { "heartbeat/\(rank)" }

    /// Starts its two threads.
    ///
    /// - Parameters:
    ///   - links: to the processes whose counters are read, until they say goodbye
    ///   - calls: the number of collectives that this process has started
    ///   - report: is called with what is noticed; for each finding once
    func start(
        _ links: PeerLinks, calls: @escaping @Sendable () -> Int,
        report: @escaping @Sendable (Finding) -> Void
    ) {
        running.enter()
        thread.enter()
        startThread { [self] in
            defer { thread.leave() }
            do {
                try beat(links, calls, report)
            } catch {
                if reason.withLock({ $0 == nil }) { report(.storeClosed) }
            }
        }
        startThread { [self] in
            if isStoreSilent() { report(.storeSilent) }
        }
    }

    /// Ends both threads.
    ///
    /// - Parameters:
    ///   - reason: why this process leaves, for the others
    ///   - seconds: how long to wait for a store that does not answer
    func stop(because reason: String, within seconds: Double) {
        let isFirst = self.reason.withLock { known in
            if known != nil { return false }
            known = reason
            return true
        }
        guard isFirst else { return }
        running.leave()
        _ = thread.wait(timeout: .now() + seconds)
    }

    /// Sleeps until the next round; false once this process leaves.
    private func goesOn() -> Bool { running.wait(timeout: .now() + interval) == .timedOut }

    private func clock() -> RunningClock {
        RunningClock(longest: .seconds(max(1, 2 * interval)))
    }

    private func beat(
        _ links: PeerLinks, _ calls: @Sendable () -> Int, _ report: @Sendable (Finding) -> Void
    ) throws {
        var published = -1
        var peers: [Int: (count: Int, silence: Double)] = [:]
        var isReported = false
        var clock = clock()
        repeat {
            try client.add(Self.counter(rank), 1)
            let made = calls()
            if made != published {
                try client.set(Self.calls(rank), "\(made)")
                published = made
            }
            let elapsed = clock.elapsed()
            for peer in links.peers {
                let count = try client.add(Self.counter(peer), 0)
                let last = peers[peer]
                let silence = last?.count == count ? last!.silence + elapsed : 0
                peers[peer] = (count, silence)
            }
            rounds.add(1, ordering: .relaxed)
            guard !isReported else { continue }
            if let failure = try board.read(from: client) {
                isReported = true
                report(.published(failure))
                continue
            }
            let present = peers.filter { !links.hasLeft($0.key) }
            guard present.contains(where: { $0.value.silence > timeout }) else { continue }
            // Those of one machine fall silent together, and their counters at different rounds.
            let silent = present.filter { $0.value.silence > timeout - 3 * interval }
            isReported = true
            report(.silent(silent.keys.sorted()))
        } while goesOn()
        let reason = reason.withLock { $0 } ?? ""
        try client.set(Self.departure(rank), reason)
    }

    /// Waits until the thread above has not come back for the timeout; false once this process
    /// leaves. Only the clock of this machine is used: a call of the store may wait without end.
    private func isStoreSilent() -> Bool {
        var clock = clock()
        var last = -1
        var silence = 0.0
        repeat {
            let now = rounds.load(ordering: .relaxed)
            let elapsed = clock.elapsed()
            silence = now == last ? silence + elapsed : 0
            last = now
            if silence > timeout { return true }
        } while goesOn()
        return false
    }
}
