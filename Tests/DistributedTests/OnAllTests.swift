import DenseKitTorch
import SeveralProcesses
import Testing

@testable import DenseKitDistributed

/// What `body` returns or throws on every process, as text.
private func outcomes(
    _ count: Int, _ body: @escaping @Sendable (Processes) throws -> String
) throws -> [String] {
    try withProcesses(count) { processes in
        do {
            return try processes.onAll { try body(processes) }
        } catch {
            return "\(type(of: error)): \(error)"
        }
    }
}

/// The work of every process, of which one may fail.
@Suite struct OnAllTests {
    private struct Full: Error, CustomStringConvertible {
        let description = "the disk is full"
    }

    @Test func everyProcessGetsItsOwnResult() throws {
        let found = try outcomes(3) { "\($0.rank)" }
        #expect(found == ["0", "1", "2"])
    }

    @Test func anErrorOfOneProcessIsThrownOnAll() throws {
        let found = try outcomes(3) { processes in
            if processes.rank == 1 { throw Full() }
            return ""
        }
        let others = "OtherProcessError: process 1 failed: the disk is full"
        #expect(found == [others, "Full: the disk is full", others])
    }

    @Test func theFirstOfSeveralErrorsIsNamed() throws {
        let found = try outcomes(4) { processes in
            if processes.rank > 0 { throw Full() }
            return ""
        }
        #expect(
            found[0]
                == "OtherProcessError: process 1 failed: the disk is full (2 more failed, too)")
    }

    @Test func aSignalToOneProcessInterruptsAll() throws {
        let found = try outcomes(3) { processes in
            if processes.rank == 2 { throw Interrupted(signal: 15) }
            return ""
        }
        #expect(found == Array(repeating: "Interrupted: interrupted by SIGTERM", count: 3))
    }

    @Test func anErrorCountsMoreThanASignal() throws {
        let found = try outcomes(3) { processes in
            if processes.rank == 1 { throw Interrupted(signal: 2) }
            if processes.rank == 2 { throw Full() }
            return ""
        }
        #expect(found[0] == "OtherProcessError: process 2 failed: the disk is full")
        #expect(found[1] == "Interrupted: interrupted by SIGINT")
    }

    /// Where the others do not answer, either, the error of this process is what the user needs.
    @Test func theOwnErrorIsThrownWhereTheOthersAreGone() throws {
        let found = try withProcesses(2, timeout: 2) { processes in
            guard processes.isFirst else { return "" }
            do {
                try processes.onAll { throw Full() }
                return "nothing"
            } catch {
                return "\(error)"
            }
        }
        #expect(found[0] == "the disk is full")
    }

    @Test func aSingleProcessAsksNobody() throws {
        #expect(try Processes.alone.onAll { 4 } == 4)
        #expect(throws: Full.self) { try Processes.alone.onAll { throw Full() } }
    }
}
