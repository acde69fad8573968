import DenseKitTorch
import Foundation
import Synchronization

/// The first failure of the processes, which the store keeps for all of them.
final class FailureBoard: Sendable {
    private let client: ProcessStore
    private let known = Mutex<ProcessFailure?>(nil)
    private static let key = "failure"

    /// - Parameter client: of the store, for this alone: where the server is stopped its calls wait
    ///   without end
    init(_ client: ProcessStore) { self.client = client }

    /// The first failure, as far as this process knows it.
    var first: ProcessFailure? { known.withLock { $0 } }

    /// Publishes a failure.
    ///
    /// - Returns: the first failure of all: `failure`, or one that was published before; also
    ///   `failure` where the store does not answer
    func publish(_ failure: ProcessFailure) -> ProcessFailure {
        if let first { return first }
        let kept = answer(within: 3) { [client] in
            let text = String(decoding: try JSONEncoder().encode(failure), as: UTF8.self)
            return try Self.failure(client.setFirst(Self.key, text))
        }
        return adopt(kept ?? failure)
    }

    /// Takes `failure` for the first one, unless this process knows one.
    ///
    /// - Returns: the first one
    func adopt(_ failure: ProcessFailure) -> ProcessFailure {
        known.withLock {
            let first = $0 ?? failure
            $0 = first
            return first
        }
    }

    /// The failure that the store keeps; nil where there is none.
    ///
    /// - Parameter client: the one to ask
    func read(from client: ProcessStore) throws -> ProcessFailure? {
        if let first { return first }
        guard try client.has(Self.key) else { return nil }
        return try adopt(Self.failure(client.text(Self.key)))
    }

    /// The first failure, which another process or thread may be about to notice.
    ///
    /// - Parameters:
    ///   - seconds: how long to wait for it
    ///   - asking: whether to ask the store as well, which then gets a second at least
    func first(within seconds: Double, asking: Bool = true) -> ProcessFailure? {
        let end = ContinuousClock.now + .seconds(seconds)
        repeat {
            if let first { return first }
            if asking {
                // Kept by `read` where it comes in time.
                _ = answer(within: max(seconds, 1)) { [self] in try read(from: client) }
            }
            if seconds > 0 { usleep(50_000) }
        } while ContinuousClock.now < end
        return first
    }

    /// The text of a key; nil where there is none, or no answer.
    func text(_ key: String) -> String? {
        answer(within: 2) { [client] in try client.has(key) ? client.text(key) : nil } ?? nil
    }

    private static func failure(_ text: String) throws -> ProcessFailure {
        try JSONDecoder().decode(ProcessFailure.self, from: Data(text.utf8))
    }
}
