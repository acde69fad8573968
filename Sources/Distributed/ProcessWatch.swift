import DenseKitErrors
import DenseKitTorch
import Foundation
import Synchronization

/// Notices that another process has ended or is stopped, that one does not come to a collective, and
/// that the store does not answer; and ends this process then, with the failure that was first.
///
/// Three parts notice it: connections that close with a process (`PeerLinks`, at once), counters in
/// the store that stand still (`Heartbeat`, after the timeout), and a thread that looks at nothing
/// but the clock, for a store that does not answer. Process 0 watches all others, which watch it.
public final class ProcessWatch: Sendable {
    /// This process.
    let own: ProcessPlace
    private let places: [ProcessPlace]
    private let store: ProcessStore
    private let timeouts: Processes.Timeouts
    private let board: FailureBoard
    private let links: PeerLinks
    private let heartbeat: Heartbeat
    private let state = Mutex(State())
    private let finish: @Sendable (ProcessWatch, ProcessFailure) -> Void

    private struct State {
        /// Those whose collectives are counted.
        var groups: [ProcessGroup] = []
        var isEnding = false
        var hasLeft = false
        /// Whether a thread has taken on to print the failure.
        var isReported = false
        /// Whether this process does what has to come to its end.
        var isBusy = false
    }

    /// Starts to watch. All processes must.
    ///
    /// - Parameters:
    ///   - store: of all processes
    ///   - places: of all processes, in the order of ranks
    ///   - rank: of this process
    ///   - address: under which the others reach this process
    ///   - timeouts: after which a failure is reported
    ///   - finish: what is done with the first failure; by default, the process ends
    init(
        _ store: ProcessStore, places: [ProcessPlace], rank: Int, address: String?,
        timeouts: Processes.Timeouts,
        finish: @escaping @Sendable (ProcessWatch, ProcessFailure) -> Void = { $0.end(with: $1) }
    ) throws {
        own = places[rank]
        self.places = places
        self.store = store
        self.timeouts = timeouts
        self.finish = finish
        board = FailureBoard(try store.connectedAgain(timeout: timeouts.join))
        let group = try ProcessGroup(
            store, name: "watch", rank: rank, size: places.count, address: address,
            timeout: timeouts.join)
        links = try PeerLinks(over: group)
        let client = try store.connectedAgain(timeout: timeouts.join)
        heartbeat = Heartbeat(client, board, rank: rank, timeout: timeouts.heartbeat ?? 0)
        links.start { [self] rank in report(.connectionClosed, of: [rank]) }
        heartbeat.start(links) { [self] in
            state.withLock { $0.groups }.reduce(0) { $0 + $1.calls }
        } report: { [self] in
            found($0)
        }
        noteExit()
    }

    /// Counts the collectives of `groups`, so that it is known who does not come to one.
    func count(_ groups: [ProcessGroup]) { state.withLock { $0.groups += groups } }

    /// Says whether this process does what has to come to its end.
    func setBusy(_ isBusy: Bool) { state.withLock { $0.isBusy = isBusy } }

    /// Whether this process does what has to come to its end.
    var isBusy: Bool { state.withLock { $0.isBusy } }

    /// Whether this process has left the others.
    var hasLeft: Bool { state.withLock { $0.hasLeft } }

    /// How long the main thread has to end by itself after a failure, in seconds.
    var grace: Double { timeouts.grace }

    /// Whether the caller is the first to ask, and so the one that prints why this process ends.
    func claimsReport() -> Bool {
        state.withLock { state in
            if state.isReported { return false }
            state.isReported = true
            return true
        }
    }

    private func found(_ finding: Heartbeat.Finding) {
        switch finding {
        case .silent(let ranks):
            report(.silent(seconds: timeouts.heartbeat ?? 0), of: ranks)
        case .published(let failure): finish(once: failure)
        case .storeSilent:
            reportStore(
                .storeSilent(address: store.address, seconds: timeouts.heartbeat ?? 0))
        case .storeClosed:
            // With the process that held it its connection closes, which says more.
            let isExplained = board.first(within: 1, asking: false) != nil || links.hasLeft(0)
            if !isExplained { reportStore(.storeClosed(address: store.address)) }
        }
    }

    /// Reports what cannot be published.
    private func reportStore(_ event: ProcessFailure.Event) {
        let holders = places.filter(\.holdsStore).map(\.rank)
        finish(once: board.adopt(failure(event, of: holders)))
    }

    private func report(_ event: ProcessFailure.Event, of ranks: [Int]) {
        finish(once: board.publish(failure(event, of: ranks)))
    }

    private func failure(
        _ event: ProcessFailure.Event, of ranks: [Int], error: String? = nil
    ) -> ProcessFailure {
        ProcessFailure(
            processes: ranks.map { places[$0] }, count: places.count, event: event, error: error,
            time: Date(), witness: own)
    }

    private func finish(once first: ProcessFailure) {
        let isOwn = first.processes.contains(own) && first.isReportedByItself
        // A process that has reported its own error ends by itself.
        guard !isOwn, !hasLeft else { return }
        let isFirst = state.withLock { state in
            if state.isEnding { return false }
            state.isEnding = true
            return true
        }
        if isFirst { startThread { [self] in finish(self, first) } }
    }

    /// Leaves the others: from now on nothing is noticed, and the end of this process alarms nobody.
    ///
    /// - Parameter reason: for processes that still need this one
    func leave(because reason: String) {
        let isFirst = state.withLock { state in
            if state.hasLeft { return false }
            state.hasLeft = true
            return true
        }
        guard isFirst else { return }
        heartbeat.stop(because: reason, within: 1)
        links.leave(within: 2)
        state.withLock { $0.groups = [] }
        forgetExit()
    }

    /// Publishes an error of this process, which will end with it.
    func publish(_ event: ProcessFailure.Event, error: String?) {
        _ = board.publish(failure(event, of: [own.rank], error: error))
        heartbeat.stop(because: error ?? "", within: 1)
        forgetExit()
    }

    /// Publishes the error of another process, which it told this one.
    ///
    /// - Returns: the first failure of all
    func publish(_ error: String, ofProcess rank: Int) -> ProcessFailure {
        board.publish(failure(.threw, of: [rank], error: error))
    }

    /// The first failure of all where `error` is a consequence of it, such as a connection that
    /// another process has closed; else `error` itself.
    func explained(_ error: any Error) -> any Error {
        guard !(error is ProcessFailure), let loss = ConnectionLoss(of: error) else {
            return error
        }
        if let first = board.first(within: loss == .timeout ? 0 : 0.5) { return first }
        switch loss {
        case .timeout:
            let event = ProcessFailure.Event.late(seconds: timeouts.collective)
            return board.publish(failure(event, of: behind()))
        case .closed:
            for place in places where place != own {
                guard let reason = board.text(Heartbeat.departure(place.rank)) else { continue }
                return board.publish(failure(.left(reason: reason), of: [place.rank]))
            }
            return board.first(within: 2) ?? error
        }
    }

    /// The processes that have started fewer collectives than this one.
    private func behind() -> [Int] {
        let started = state.withLock { $0.groups }.reduce(0) { $0 + $1.calls }
        return places.map(\.rank).filter { rank in
            guard rank != own.rank else { return false }
            return (board.text(Heartbeat.calls(rank)).flatMap(Int.init) ?? 0) < started
        }
    }
}

extension ProcessFailure {
    /// Whether the process that failed has told so itself, and ends by itself.
    var isReportedByItself: Bool {
        switch event {
        case .threw, .exited: true
        default: false
        }
    }
}
