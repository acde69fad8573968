import Foundation
import Logging

/// A log in OpenMMLab's format, written to standard error and to a file:
/// `11/21 10:00:00 - densekit - INFO - Iter(train) [  50/80000]  …`.
public struct RunLog: LogHandler {
    /// Metadata of the logger; it is not written.
    public var metadata: Logger.Metadata = [:]
    /// The lowest level that is logged; `info` by default.
    public var logLevel = Logger.Level.info
    private let label: String
    private let file: LineFile?

    /// A logger that writes to standard error and, where a path is given, also appends to that
    /// file. A failed write stops nothing.
    /// - Throws: `CheckpointError` where the file cannot be opened.
    public static func logger(_ label: String = "densekit", path: String? = nil) throws -> Logger {
        let file = try path.map { try LineFile($0) }
        return Logger(label: label) { RunLog(label: $0, file: file) }
    }

    /// A logger of errors alone, which go to standard error and to the file at `path`; that is made
    /// with the first one.
    static func errorLogger(_ label: String = "densekit", path: String) -> Logger {
        var logger = Logger(label: label) { RunLog(label: $0, file: nil, errorPath: path) }
        logger.logLevel = .error
        return logger
    }

    private let errorPath: String?

    private init(label: String, file: LineFile?, errorPath: String? = nil) {
        self.label = label
        self.file = file
        self.errorPath = errorPath
    }

    /// A value of the logger's metadata; it is not written.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line with time, label and level.
    public func log(event: LogEvent) {
        let line = line(event.level, "\(event.message)")
        show(line)
        let file = file ?? errorPath.flatMap { try? LineFile($0) }
        if let problem = file?.append(line) { show(self.line(.error, "\(problem)")) }
    }

    private func line(_ level: Logger.Level, _ message: String) -> String {
        "\(Self.timestamp()) - \(label) - \(level.rawValue.uppercased()) - \(message)"
    }

    /// A terminal that went away is no reason to stop either.
    private func show(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    private static func timestamp() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return String(
            format: "%02d/%02d %02d:%02d:%02d", parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
            parts.tm_min, parts.tm_sec)
    }
}
