import DenseKitTorch
import Foundation

/// The agreement of the launchers of several machines, at the store where their processes meet.
final class StoreRendezvous: Rendezvous {
    private let store: ProcessStore
    private let nodes: LaunchNodes
    private let timeout: Double

    /// - Parameters:
    ///   - nodes: the machines
    ///   - timeout: how long to wait for the launchers of the others, in seconds
    init(_ nodes: LaunchNodes, timeout: Double = 600) throws {
        store = try ProcessStore(
            host: nodes.masterHost, port: nodes.masterPort, prefix: "launch/", timeout: timeout)
        self.nodes = nodes
        self.timeout = timeout
    }

    func announce(_ failure: RankFailure, attempt: Int) throws {
        guard try store.add("\(attempt)/failures", 1) == 1 else { return }
        let text = try JSONEncoder().encode(failure)
        try store.set("\(attempt)/failure", Array(text))
    }

    func failure(ofAttempt attempt: Int) throws -> RankFailure? {
        guard try store.has("\(attempt)/failure") else { return nil }
        let bytes = try store.bytes("\(attempt)/failure")
        return try JSONDecoder().decode(RankFailure.self, from: Data(bytes))
    }

    func waitForAll(attempt: Int) throws {
        try store.set("\(attempt)/machine/\(nodes.rank)", "1")
        for machine in 0..<nodes.count {
            let isHere = try store.wait(for: "\(attempt)/machine/\(machine)", timeout: timeout)
            guard isHere else {
                throw ProcessGroupError(
                    "the launcher of machine \(machine) of \(nodes.count) did not come in \(Int(timeout)) s",
                    remedy: "start the command there with --node-rank \(machine)")
            }
        }
    }
}
