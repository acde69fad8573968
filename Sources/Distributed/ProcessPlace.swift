import Foundation

/// Where a process of several runs.
public struct ProcessPlace: Codable, Sendable, Equatable {
    /// The index of the process, from 0.
    public let rank: Int
    /// The name of its machine.
    public let host: String
    /// The number of the process in its system.
    public let process: Int32
    /// Whether it holds the store of all.
    public let holdsStore: Bool

    /// That of this process.
    static func own(_ rank: Int, holdsStore: Bool) -> ProcessPlace {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return ProcessPlace(
            rank: rank, host: String(decoding: bytes, as: UTF8.self), process: getpid(),
            holdsStore: holdsStore)
    }
}

extension ProcessPlace: CustomStringConvertible {
    /// Such as `process 2 on node7`.
    public var description: String { "process \(rank) on \(host)" }
}
