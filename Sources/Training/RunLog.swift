import Foundation
import Logging

/// The log of a run, in OpenMMLab's form, to standard error and to a file:
/// `11/21 10:00:00 - densekit - INFO - Iter(train) [  50/80000]  …`.
public struct RunLog: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel = Logger.Level.info
    private let label: String
    private let file: LineFile?

    /// A logger that writes to standard error and, where a path is given, to that file too. Neither can stop a run.
    public static func logger(_ label: String = "densekit", path: String? = nil) throws -> Logger {
        let file = try path.map { try LineFile($0) }
        return Logger(label: label) { RunLog(label: $0, file: file) }
    }

    private init(label: String, file: LineFile?) {
        self.label = label
        self.file = file
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let line = line(event.level, "\(event.message)")
        show(line)
        if let problem = file?.append(line) { show(self.line(.error, "\(problem)")) }
    }

    private func line(_ level: Logger.Level, _ message: String) -> String {
        "\(Self.timestamp()) - \(label) - \(level.rawValue.uppercased()) - \(message)"
    }

    /// A terminal that went away is no reason to stop either.
    private func show(_ line: String) { try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8)) }

    private static func timestamp() -> String {
        var (now, parts) = (time(nil), tm())
        localtime_r(&now, &parts)
        return String(
            format: "%02d/%02d %02d:%02d:%02d", parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec)
    }
}
