import Foundation
import Logging
import Synchronization

/// The log of a run, in OpenMMLab's form, to standard error and to a file:
/// `11/21 10:00:00 - densekit - INFO - Iter(train) [  50/80000]  …`.
public struct RunLog: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel = Logger.Level.info
    private let label: String
    private let file: LogFile?

    /// A logger that writes to standard error and, where a path is given, to that file too.
    public static func logger(_ label: String = "densekit", path: String? = nil) throws -> Logger {
        let file = try path.map { LogFile(try FileHandle.appending(to: $0)) }
        return Logger(label: label) { RunLog(label: $0, file: file) }
    }

    private init(label: String, file: LogFile?) {
        self.label = label
        self.file = file
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let line = "\(Self.timestamp()) - \(label) - \(event.level.rawValue.uppercased()) - \(event.message)\n"
        FileHandle.standardError.write(Data(line.utf8))
        file?.write(line)
    }

    private static func timestamp() -> String {
        var (now, parts) = (time(nil), tm())
        localtime_r(&now, &parts)
        return String(
            format: "%02d/%02d %02d:%02d:%02d", parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec)
    }
}

/// The log's file, shared by copies of the handler.
private final class LogFile: Sendable {
    private let handle: Mutex<FileHandle>

    init(_ handle: sending FileHandle) { self.handle = Mutex(handle) }

    /// A log that cannot be written does not stop a run: the line was shown on the terminal.
    func write(_ line: String) { handle.withLock { try? $0.write(contentsOf: Data(line.utf8)) } }
}
