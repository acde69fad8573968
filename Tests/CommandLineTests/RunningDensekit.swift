import Foundation

/// The top of the package.
let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// What a process printed, and how it ended.
struct ProcessResult {
    let status: Int32
    let output: String
    let errors: String
}

/// Runs the `densekit` that was built beside the tests: a process of its own, as a user starts it, whose random numbers, threads and
/// plugins do not meet those of other tests.
///
/// - Parameter folder: the working directory
func runDensekit(_ arguments: [String], in folder: URL) throws -> ProcessResult {
    try withTemporaryFolder { scratch in
        let process = Process()
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.executableURL = tests.deletingLastPathComponent().appending(path: "densekit")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let cache = ["XDG_CACHE_HOME": scratch.appending(path: "cache").path]
        process.environment = ProcessInfo.processInfo.environment.merging(cache) { $1 }
        // Files, not pipes: a full pipe would stop the process.
        let (output, errors) = (scratch.appending(path: "output"), scratch.appending(path: "errors"))
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return ProcessResult(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}

/// Runs `body` with a new empty folder, which goes afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "densekit-tests-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
