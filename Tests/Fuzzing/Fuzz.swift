import Foundation

/// Runs a reader over many damaged inputs and says what that cost.
///
/// Meant for a process of its own (`#expect(processExitsWith:)`): a crash then fails one test and
/// names it, and nobody else allocates.
public struct Fuzz {
    /// How many inputs each reader gets: `DENSEKIT_FUZZ`, or 5,000.
    public static let rounds =
        ProcessInfo.processInfo.environment["DENSEKIT_FUZZ"].flatMap(Int.init) ?? 5_000

    /// The inputs that were read, and those that ended in the reader's typed error.
    public private(set) var (accepted, refused) = (0, 0)
    /// The processor time of the slowest input: time that others take on a busy machine does not
    /// count.
    public private(set) var slowest = Duration.zero
    /// The number of the slowest input.
    public private(set) var slowestRound = 0
    /// By how many bytes the most memory that the process had grew.
    public private(set) var growth = 0

    /// Hands each round its number and its mutator to `body`, which says whether the input was
    /// accepted.
    /// - Throws: what `body` throws, which is anything but the reader's typed error.
    public init(
        tokens: [String] = [], _ body: (_ round: Int, _ mutator: inout Mutator) throws -> Bool
    ) throws {
        let before = try Self.peakMemory()
        for round in 0..<Self.rounds {
            var mutator = Mutator(seed: UInt64(round), tokens: tokens)
            let start = Self.processorTime()
            if try body(round, &mutator) { accepted += 1 } else { refused += 1 }
            let time = Self.processorTime() - start
            if time > slowest {
                slowest = time
                slowestRound = round
            }
        }
        growth = try Self.peakMemory() - before
    }

    /// No input took a second, and all of them together less than 300 MiB.
    public var isBounded: Bool { slowest < .seconds(1) && growth < 300 << 20 }

    /// The most memory that this process has had, in bytes. (`getrusage` would count what its
    /// parent had.)
    public static func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }

    /// The time that this thread has computed.
    public static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Fuzz: CustomStringConvertible {
    public var description: String {
        "\(accepted) accepted, \(refused) refused; round \(slowestRound) took \(slowest); memory grew by \(growth >> 20) MiB"
    }
}
