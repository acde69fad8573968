import DenseKitTorch
import Foundation
import Synchronization

/// The first failure of the processes, which the store keeps for all of them.
final class FailureBoard: Sendable {
    static let key = "failure"

    private let store: ProcessStore
    private let known = Mutex<ProcessFailure?>(nil)

    init(_ store: ProcessStore) { self.store = store }

    /// The first failure, as far as this process knows it.
    var first: ProcessFailure? { known.withLock { $0 } }

    /// Publishes a failure.
    ///
    /// - Returns: the first failure of all: `failure`, or one that was published before; also
    ///   `failure` where the store does not answer
    func publish(_ failure: ProcessFailure) -> ProcessFailure {
        if let first { return first }
        let kept = answer(within: 3) { [store] in
            let text = String(decoding: try JSONEncoder().encode(failure), as: UTF8.self)
            let client = try store.connectedAgain(timeout: 3)
            return try Self.failure(client.setFirst(Self.key, text))
        }
        return adopt(kept ?? failure)
    }

    /// Takes over the failure that the store keeps, where there is one.
    func read(from client: ProcessStore) throws -> ProcessFailure? {
        if let first { return first }
        guard try client.has(Self.key) else { return nil }
        return try adopt(Self.failure(client.text(Self.key)))
    }

    /// The first failure, which may still be noticed by another process or thread.
    ///
    /// - Parameter seconds: how long to wait for it
    func first(within seconds: Double) -> ProcessFailure? {
        let end = ContinuousClock.now + .seconds(seconds)
        let client = answer(within: max(seconds, 1)) { [store] in
            try store.connectedAgain(timeout: 3)
        }
        while true {
            if let first { return first }
            if let client {
                _ = answer(within: max(seconds, 1)) { [self] in try read(from: client) }
            }
            if first == nil, ContinuousClock.now >= end { return nil }
            usleep(50_000)
        }
    }

    private func adopt(_ failure: ProcessFailure) -> ProcessFailure {
        known.withLock {
            let first = $0 ?? failure
            $0 = first
            return first
        }
    }

    private static func failure(_ text: String) throws -> ProcessFailure {
        try JSONDecoder().decode(ProcessFailure.self, from: Data(text.utf8))
    }
}
