import DenseKitTorch
import Foundation
import Synchronization

/// Connections that carry one message, the goodbye of a process, so that one that closes without it
/// means a dead process. Process 0 has one to each of the others, with a thread that waits.
final class PeerLinks: Sendable {
    /// The processes that this one is connected to.
    let peers: [Int]

    private let group: ProcessGroup
    private let receives: [PendingReceive]
    private let threads = DispatchGroup()
    private let farewells = Mutex(Farewells())

    private struct Farewells {
        /// The processes that this one has said goodbye to.
        var sent: Set<Int> = []
        /// The processes that have said goodbye.
        var received: Set<Int> = []
    }

    /// - Parameter group: of all processes, for nothing else
    init(over group: ProcessGroup) throws {
        let peers = group.rank == 0 ? Array(1..<group.size) : [0]
        self.peers = peers
        self.group = group
        receives = try peers.map { try PendingReceive(Tensor.zeros([1]), over: group, from: $0) }
    }

    /// Starts to wait.
    ///
    /// - Parameter lost: is called with the rank of a process whose connection is closed
    func start(lost: @escaping @Sendable (Int) -> Void) {
        for (peer, receive) in zip(peers, receives) {
            threads.enter()
            startThread { [self] in
                defer { threads.leave() }
                do {
                    guard try receive.wait(timeout: Self.forever) else { return }
                    farewells.withLock { _ = $0.received.insert(peer) }
                    sayGoodbye(to: peer)
                } catch {
                    // One that this process has left may end in any way.
                    guard !farewells.withLock({ $0.sent.contains(peer) }) else { return }
                    lost(peer)
                }
            }
        }
    }

    /// Whether a process has said goodbye.
    func hasLeft(_ rank: Int) -> Bool { farewells.withLock { $0.received.contains(rank) } }

    /// Whether no thread waits any more.
    var isAtRest: Bool { threads.wait(timeout: .now()) == .success }

    /// Says goodbye to all, and waits for their answers; they come at once, as threads give them.
    ///
    /// - Parameter seconds: how long to wait for one that does not answer
    func leave(within seconds: Double) {
        _ = answer(within: seconds) { [self] in peers.forEach(sayGoodbye) }
        guard threads.wait(timeout: .now() + seconds) == .timedOut else { return }
        receives.forEach { $0.cancel() }
        _ = threads.wait(timeout: .now() + seconds)
    }

    private func sayGoodbye(to peer: Int) {
        guard farewells.withLock({ $0.sent.insert(peer).inserted }) else { return }
        // A process that is gone needs none.
        if let message = try? Tensor.zeros([1]) { try? group.send(message, to: peer) }
    }

    /// Ten years: longer than any run, in a form that c10d can count in nanoseconds.
    private static let forever = 3.2e8
}
