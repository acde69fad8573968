import Foundation
import Testing

/// What a process has of the machine.
private struct Holdings {
    let residentKiB: Int
    let files: Int
    let threads: Int

    /// Nil where the process is gone.
    init?(_ process: pid_t) {
        let folder = "/proc/\(process)"
        guard let status = try? String(contentsOfFile: folder + "/status", encoding: .utf8),
            let files = try? FileManager.default.contentsOfDirectory(atPath: folder + "/fd")
        else { return nil }
        func number(_ key: String) -> Int? {
            let line = status.split(separator: "\n").first { $0.hasPrefix(key + ":") }
            return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
        }
        guard let resident = number("VmRSS"), let threads = number("Threads") else { return nil }
        residentKiB = resident
        self.files = files.count
        self.threads = threads
    }
}

@Suite(.serialized) struct SoakTests {
    /// `DENSEKIT_SOAK=1000 swift test --filter SoakTests` is the long version.
    @Test(
        "Memory, files and threads of a long run stay as they are after its first tenth",
        arguments: [1, 2])
    func flat(count: Int) throws {
        let variable = ProcessInfo.processInfo.environment["DENSEKIT_SOAK"]
        let epochs = variable.flatMap { Int($0) } ?? 100
        try withRun { folder in
            let run = try RunningDensekit(
                [
                    "train", "run.yaml", "--work-dir", "w", "--processes", "\(count)", "--threads",
                    "1", "--set", "train.epochs=\(epochs)", "--set", "train.per_device_batch=null",
                    "--set", "train.log_interval=1", "--set", "train.checkpoint_interval=1000000",
                    "--set", "train.eval_interval=1000000",
                ], in: folder)
            #expect(run.says("Iter(train)"))
            let first = try #require(run.errorsSoFar.firstMatch(of: /\[ *\d+\/(\d+)\]/))
            let iterations = try #require(Int(first.output.1))
            let width = String(iterations).count
            func place(_ iteration: Int) -> String {
                let digits = String(iteration)
                let blanks = String(repeating: " ", count: width - digits.count)
                return "Iter(train) [\(blanks)\(digits)/\(iterations)]"
            }
            #expect(run.says(place(iterations / 10)))
            let own = run.process.processIdentifier
            let ranks =
                count == 1 ? [own] : children(of: run).sorted { $0.key < $1.key }.map(\.value)
            #expect(ranks.count == count)
            let before = try ranks.map { try #require(Holdings($0)) }
            #expect(run.says(place(iterations * 9 / 10)))
            let after = try ranks.map { try #require(Holdings($0)) }
            let result = try run.result()
            #expect(result.status == 0, "\(result.errors.suffix(2000))")
            // A short run still fills its pools.
            let share = epochs >= 1000 ? 0.01 : 0.05
            for (a, b) in zip(before, after) {
                #expect(a.files == b.files && a.threads == b.threads, "\(a) \(b)")
                let change = Double(b.residentKiB - a.residentKiB) / Double(a.residentKiB)
                #expect(abs(change) <= share, "\(a) \(b)")
            }
        }
    }
}
