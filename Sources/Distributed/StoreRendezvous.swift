import DenseKitErrors
import DenseKitTorch
import Foundation
import Synchronization

/// The agreement of the launchers of several machines, at the store where their processes meet.
final class StoreRendezvous: Rendezvous {
    private let store: ProcessStore
    private let nodes: LaunchNodes
    /// How long the store may take to answer, in seconds. Without the limit, a lost connection
    /// would hold the launcher as long as the system tries to send.
    private let answerTimeout: Double

    /// - Parameters:
    ///   - nodes: the machines
    ///   - timeout: how long to wait for the launcher of the first one, in seconds
    ///   - answerTimeout: how long its store may take to answer, in seconds
    init(_ nodes: LaunchNodes, timeout: Double = 600, answerTimeout: Double = 30) throws {
        store = try ProcessStore(
            host: nodes.masterHost, port: nodes.masterPort, prefix: "launch/", timeout: timeout)
        self.nodes = nodes
        self.answerTimeout = answerTimeout
    }

    func announce(_ failure: RankFailure, attempt: Int) throws {
        let text = try JSONEncoder().encode(failure)
        try answered { store in
            guard try store.add("\(attempt)/failures", 1) == 1 else { return }
            try store.set("\(attempt)/failure", Array(text))
        }
    }

    func failure(ofAttempt attempt: Int) throws -> RankFailure? {
        let bytes = try answered { store -> [UInt8]? in
            guard try store.has("\(attempt)/failure") else { return nil }
            return try store.bytes("\(attempt)/failure")
        }
        return try bytes.map { try JSONDecoder().decode(RankFailure.self, from: Data($0)) }
    }

    func waitForAll(attempt: Int, timeout: Double) throws {
        let own = nodes.rank
        try answered { try $0.set("\(attempt)/machine/\(own)", "1") }
        for machine in 0..<nodes.count {
            let isHere = try answered(in: timeout + answerTimeout) {
                try $0.wait(for: "\(attempt)/machine/\(machine)", timeout: timeout)
            }
            guard isHere else {
                throw ProcessGroupError(
                    "the launcher of machine \(machine) of \(nodes.count) did not come in \(Int(timeout)) s",
                    remedy: "see whether it runs, and was started with \(Term.nodeRank)")
            }
        }
    }

    func leave() {
        let own = nodes.rank
        let others = 1..<nodes.count
        // Those that cannot come any more have nothing to ask either.
        try? answered {
            try $0.set("left/\(own)", "1")
            for machine in others where own == 0 {
                _ = try $0.wait(for: "left/\(machine)", timeout: 10)
            }
        }
    }

    /// What `call` returns; it may block, and is left alone if it takes too long.
    private func answered<Answer: Sendable>(
        in seconds: Double? = nil, _ call: @escaping @Sendable (ProcessStore) throws -> Answer
    ) throws -> Answer {
        let limit = seconds ?? answerTimeout
        let answer = Reply<Answer>()
        let store = store
        Thread.detachNewThread { answer.give(Result { try call(store) }) }
        guard let result = answer.wait(limit) else {
            throw ProcessGroupError(
                "the launcher of machine 0 at \(store.host):\(store.port) has not answered for \(Int(limit)) s",
                remedy: "see whether it runs, and whether the connection is there")
        }
        return try result.get()
    }
}

/// A value that another thread gives.
private final class Reply<Value: Sendable>: Sendable {
    private let value = Mutex<Result<Value, any Error>?>(nil)
    private let isGiven = DispatchSemaphore(value: 0)

    func give(_ result: Result<Value, any Error>) {
        value.withLock { $0 = result }
        isGiven.signal()
    }

    /// Nil where it is not given in time.
    func wait(_ seconds: Double) -> Result<Value, any Error>? {
        guard isGiven.wait(timeout: .now() + seconds) == .success else { return nil }
        return value.withLock { $0 }
    }
}
