import DenseKitVerification
import Foundation
import TemporaryFolders

/// The value that a command printed as JSON, or wrote to a file.
func readJSON(_ data: Data) throws -> GoldenJSON {
    try JSONDecoder().decode(GoldenJSON.self, from: data)
}

/// The top of the package.
let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// What a process printed, and how it ended.
struct ProcessResult {
    let status: Int32
    let output: String
    let errors: String
}

/// The `densekit` that was built beside the tests, at work: a process of its own, as a user starts
/// it, whose random numbers, threads and plugins do not meet those of other tests.
final class RunningDensekit {
    let process = Process()
    private let scratch = FileManager.default.temporaryDirectory.appending(
        path: "densekit-tests-\(UUID())")
    private var output: URL { scratch.appending(path: "output") }
    private var errors: URL { scratch.appending(path: "errors") }

    /// - Parameters:
    ///   - folder: the working directory
    ///   - limit: what the shell limits before it becomes the process, such as `ulimit -f 8`
    ///   - environment: variables that it has beside those of the tests
    init(
        _ arguments: [String], in folder: URL, limit: String? = nil,
        environment: [String: String] = [:]
    ) throws {
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let program = tests.deletingLastPathComponent().appending(path: "densekit")
        process.executableURL = limit == nil ? program : URL(filePath: "/bin/bash")
        process.arguments =
            limit.map { ["-c", $0 + "; exec \"$0\" \"$@\"", program.path] + arguments } ?? arguments
        process.currentDirectoryURL = folder
        let cache = ["XDG_CACHE_HOME": scratch.appending(path: "cache").path]
        process.environment = ProcessInfo.processInfo.environment.merging(cache) { $1 }.merging(
            environment
        ) { $1 }
        // Files, not pipes: a full pipe would stop the process.
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit { try? FileManager.default.removeItem(at: scratch) }

    /// What it said on standard error so far.
    var errorsSoFar: String {
        FileManager.default.contents(atPath: errors.path).map {
            String(decoding: $0, as: UTF8.self)
        } ?? ""
    }

    /// Waits until it has said `text` on standard error, or ended; whether it said it.
    func says(_ text: String) -> Bool {
        while process.isRunning, !errorsSoFar.contains(text) { usleep(2000) }
        return errorsSoFar.contains(text)
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    func result() throws -> ProcessResult {
        process.waitUntilExit()
        return ProcessResult(
            status: process.terminationStatus,
            output: try String(contentsOf: output, encoding: .utf8), errors: errorsSoFar)
    }
}

/// Runs `densekit` to its end, in the working directory `folder`.
func runDensekit(
    _ arguments: [String], in folder: URL, limit: String? = nil, environment: [String: String] = [:]
) throws -> ProcessResult {
    try RunningDensekit(arguments, in: folder, limit: limit, environment: environment).result()
}

/// Runs `body` with a new empty folder, which goes afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    return try withExtendedLifetime(folder) { try body(folder.url) }
}
