import DenseKitTorch
import Foundation

/// Where the processes of a run find out that all of them are there.
enum Meeting {
    /// Waits for all to come, and names those who do not.
    ///
    /// - Parameters:
    ///   - store: of all processes
    ///   - rank: of this process
    ///   - count: of all processes
    ///   - timeout: how long to wait, in seconds
    /// - Returns: where each of them runs, in the order of ranks
    static func places(
        in store: ProcessStore, _ rank: Int, of count: Int, timeout: Double
    ) throws -> [ProcessPlace] {
        let own = try JSONEncoder().encode(ProcessPlace.own(rank, holdsStore: store.isServer))
        try store.set(key(rank), Array(own))
        let end = ContinuousClock.now + .seconds(timeout)
        return try (0..<count).map { other in
            let rest = max(0.001, (end - .now) / .seconds(1))
            guard try store.wait(for: key(other), timeout: rest) else {
                throw try missing(in: store, of: count, timeout)
            }
            return try place(other, in: store)
        }
    }

    private static func key(_ rank: Int) -> String { "here/\(rank)" }

    private static func place(_ rank: Int, in store: ProcessStore) throws -> ProcessPlace {
        try JSONDecoder().decode(ProcessPlace.self, from: Data(store.bytes(key(rank))))
    }

    private static func missing(
        in store: ProcessStore, of count: Int, _ timeout: Double
    ) throws -> ProcessGroupError {
        let ranks = try (0..<count).filter { try !store.has(key($0)) }
        let present = try (0..<count).filter { !ranks.contains($0) }
            .map { try place($0, in: store) }
        let hosts = Dictionary(grouping: present, by: \.host).sorted { $0.key < $1.key }
            .map { "rank \(list($0.value.map(\.rank))) on \($0.key)" }
        return ProcessGroupError(
            "\(ranks.count) of \(count) processes did not come in \(Int(timeout)) s: rank \(list(ranks)); those that came: \(hosts.joined(separator: ", "))",
            remedy: "See their logs, and whether they reach \(store.address).")
    }

    private static func list(_ ranks: [Int]) -> String {
        ranks.map(String.init).joined(separator: ", ")
    }
}
