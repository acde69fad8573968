import DenseKitTorch
import Foundation
import Synchronization
import TemporaryFolders
import Testing

@testable import DenseKitDistributed

/// Processes of the program `WatchedProcess` that was built beside the tests, which have joined.
final class WatchedProcesses {
    struct End: Sendable {
        /// The exit code; nil where a signal ended the process.
        let code: Int32?
        /// What it wrote to standard error.
        let errors: String
        /// What it left for its launcher.
        let errorFile: String
        /// Whether the test had to end it.
        let isStuck: Bool
    }

    private let folder: TemporaryFolder
    private let processes: [LaunchedProcess]
    let port: Int

    static var program: URL {
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appending(path: "WatchedProcess")
    }

    /// - Parameters:
    ///   - task: what they do
    ///   - ranks: which processes are started, of `count`
    ///   - port: of the store; it is asked whether they have joined
    init(
        _ task: String, ranks: [Int], of count: Int, port: Int, join: Double = 20,
        heartbeat: Double = 2, collective: Double = 20
    ) throws {
        folder = try TemporaryFolder()
        self.port = port
        var all: [LaunchedProcess] = []
        for rank in ranks {
            // Without what c10d's log has to say of closed connections.
            let variables = [
                "DENSEKIT_ERROR_FILE": folder.file("file\(rank)"), "GLOG_minloglevel": "3",
                "TORCH_CPP_LOG_LEVEL": "FATAL",
            ]
            let numbers = [rank, count, port].map(String.init)
            all.append(
                try LaunchedProcess(
                    Self.program.path,
                    [task] + numbers + [join, heartbeat, collective].map { "\($0)" },
                    variables: ProcessInfo.processInfo.environment.merging(variables) { $1 },
                    rank: rank, localRank: rank, log: folder.file("errors\(rank)"), keepsLog: true,
                    errorFile: folder.file("file\(rank)")))
        }
        processes = all
    }

    deinit { signal(SIGKILL, to: Array(processes.indices)) }

    /// Waits until all have joined.
    func join() throws {
        let store = try ProcessStore(host: "127.0.0.1", port: port, timeout: 20)
        for rank in processes.indices {
            #expect(try store.wait(for: "ready/\(rank)", timeout: 20))
        }
    }

    func signal(_ number: Int32, to ranks: [Int]) {
        for rank in ranks {
            processes[rank].look()
            processes[rank].signal(number)
        }
    }

    /// Waits until `ranks` have ended, which takes seconds; not without end.
    func wait(for ranks: [Int]) {
        let latest = Date() + 20
        for rank in ranks {
            processes[rank].look()
            while processes[rank].isAlive, Date() < latest {
                usleep(10_000)
                processes[rank].look()
            }
        }
    }

    /// The ends of all, which the test forces where they do not come.
    func ends() -> [End] {
        wait(for: Array(processes.indices))
        return processes.enumerated().map { rank, process in
            let isStuck = process.isAlive
            process.kill()
            var code: Int32?
            if case .exit(let number) = process.end { code = number }
            return End(
                code: code, errors: text("errors\(rank)"), errorFile: text("file\(rank)"),
                isStuck: isStuck)
        }
    }

    private func text(_ name: String) -> String {
        let data = FileManager.default.contents(atPath: folder.url.appending(path: name).path)
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}

/// The program that holds the store, as a process of its own.
final class StoreProcess {
    private let process = Process()
    let port: Int

    init() throws {
        process.executableURL = WatchedProcesses.program
        process.arguments = ["server"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .newlines)))
    }

    deinit { kill(process.processIdentifier, SIGKILL) }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }
}
