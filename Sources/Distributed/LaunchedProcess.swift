import CDenseKitLaunch
import DenseKitErrors
import Foundation

/// A process that a launcher has started.
final class LaunchedProcess {
    let rank: Int
    /// How it ended; nil while it runs.
    private(set) var end: ProcessEnd?

    private let localRank: Int
    private let number: pid_t
    private let log: String?
    private let keepsLog: Bool
    /// The size of its log when it was started: an earlier attempt may have written there.
    private var logStart = 0
    private let errorFile: String
    /// The last time that it was seen alive.
    private var lastSeen = Date()
    private var isEndedByLauncher = false

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: the path of the program
    ///   - arguments: without the program's name
    ///   - variables: its whole environment
    ///   - rank: its number among all processes
    ///   - localRank: its number among those of this machine
    ///   - log: the file that its output is appended to; nil for the output of this process
    ///   - keepsLog: whether the log stays, so that messages may name it
    ///   - errorFile: the file in which it leaves its error
    /// - Throws: `LaunchError` where the program cannot be started, or its log not be opened.
    init(
        _ executable: String, _ arguments: [String], variables: [String: String], rank: Int,
        localRank: Int, log: String?, keepsLog: Bool, errorFile: String
    ) throws(LaunchError) {
        self.rank = rank
        self.localRank = localRank
        self.log = log
        self.keepsLog = keepsLog
        self.errorFile = errorFile
        var output: Int32 = -1
        if let log {
            output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
            guard output >= 0 else {
                throw LaunchError(path: log, "the log cannot be opened", code: errno)
            }
            logStart = Int(lseek(output, 0, SEEK_END))
        }
        defer { if output >= 0 { close(output) } }
        let ownName = CommandLine.arguments.first ?? executable
        let words = [executable == "/proc/self/exe" ? ownName : executable] + arguments
        let environment = variables.map { "\($0.key)=\($0.value)" }
        var number = pid_t()
        let code = withCStrings(words) { words in
            withCStrings(environment) { environment in
                dk_launch(executable, words, environment, output, output, &number)
            }
        }
        guard code == 0 else {
            throw LaunchError(path: executable, "the program cannot be started", code: code)
        }
        self.number = number
    }

    var isAlive: Bool { end == nil }

    /// Looks whether it has ended.
    func look() {
        guard isAlive else { return }
        let now = Date()
        var information = siginfo_t()
        // It stays known to the system, so that its number cannot be that of another one yet.
        guard
            waitid(P_PID, id_t(number), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
            information.si_signo != 0
        else {
            if isAlive { lastSeen = now }
            return
        }
        _ = Glibc.kill(-number, SIGKILL)  // what it has started
        collect()
    }

    private func collect() {
        var status: Int32 = 0
        while waitpid(number, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        end = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
    }

    /// Sends it a signal.
    func signal(_ signal: Int32) {
        if isAlive { _ = Glibc.kill(number, signal) }
    }

    /// Ends it, as it did not end by itself.
    func end(by signal: Int32) {
        isEndedByLauncher = true
        if signal == SIGKILL { kill() } else { self.signal(signal) }
    }

    /// Kills it and what it has started, and waits for its end.
    func kill() {
        guard isAlive else { return }
        _ = Glibc.kill(-number, SIGKILL)
        collect()
    }

    /// How it failed; nil while it runs, and where it did its work.
    var failure: RankFailure? {
        guard let end, end != .exit(0) || isEndedByLauncher else { return nil }
        let error = ErrorFile(path: errorFile)
        return RankFailure(
            host: hostName(), rank: rank, localRank: localRank, process: number, end: end,
            time: error?.time ?? lastSeen, error: error?.text ?? logTail,
            log: keepsLog ? log : nil, isEndedByLauncher: isEndedByLauncher)
    }

    /// The last lines that it wrote to its log; nil where it wrote none, or has no log.
    private var logTail: String? {
        guard let log, let file = FileHandle(forReadingAtPath: log) else { return nil }
        let size = (try? file.seekToEnd()).map(Int.init) ?? 0
        let limit = 4096
        try? file.seek(toOffset: UInt64(max(logStart, size - limit)))
        guard let data = try? file.readToEnd() else { return nil }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.isEmpty ? nil : lines.suffix(20).joined(separator: "\n")
    }

    /// Most processes other than the first have nothing to say.
    func removeEmptyLog() {
        guard let log, let attributes = try? FileManager.default.attributesOfItem(atPath: log),
            attributes[.size] as? Int == 0
        else { return }
        try? FileManager.default.removeItem(atPath: log)
    }
}

/// The name of this machine.
private func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Calls `body` with the strings as C has them, with a null pointer at their end.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
}
