import DenseKitDistributed
import DenseKitTorch
import Foundation
import Synchronization

/// Runs `body` in `count` threads of this process, each of which has the place of one process, with
/// c10d's own store and groups between them.
///
/// - Parameters:
///   - count: the number of processes
///   - timeout: how long one waits for another, in seconds
///   - body: what every process runs
/// - Returns: the results in the order of ranks
/// - Throws: the first error of a thread
public func withProcesses<Result: Sendable>(
    _ count: Int, timeout: Double = 20, _ body: @escaping @Sendable (Processes) throws -> Result
) throws -> [Result] {
    let server = try ProcessStore(host: "127.0.0.1", port: 0, isServer: true, timeout: timeout)
    let port = server.port
    let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
    let group = DispatchGroup()
    for rank in 0..<count {
        group.enter()
        let thread = Thread {
            let result = Swift.Result {
                try Engine.setThreadCount(1)
                let store = try ProcessStore(host: "127.0.0.1", port: port, timeout: timeout)
                return try body(
                    Processes(
                        store, rank: rank, count: count, localRank: rank,
                        timeouts: .init(heartbeat: nil, collective: timeout)))
            }
            results.withLock { $0[rank] = result }
            group.leave()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }
    group.wait()
    withExtendedLifetime(server) {}
    let all = results.withLock { $0 }
    return try (0..<count).map { try all[$0]!.get() }
}

/// The results of `body` for all of `cases`, at the same time, in their order.
///
/// - Parameters:
///   - cases: what `body` runs with, each in a thread of its own
///   - body: what is run
/// - Throws: the first error of a case
@discardableResult
public func concurrently<Case: Sendable, Result: Sendable>(
    _ cases: [Case], _ body: @escaping @Sendable (Case) throws -> Result
) throws -> [Result] {
    let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
    let group = DispatchGroup()
    for (index, value) in cases.enumerated() {
        group.enter()
        Thread.detachNewThread {
            let result = Swift.Result { try body(value) }
            results.withLock { $0[index] = result }
            group.leave()
        }
    }
    group.wait()
    let all = results.withLock { $0 }
    return try cases.indices.map { try all[$0]!.get() }
}
