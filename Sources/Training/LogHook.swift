import Foundation
import Logging

/// Writes the log line, `scalars.json` (one object a line) and, on a terminal, the progress bar.
public final class LogHook: Hook {
    /// How many iterations a line's means are taken of.
    private let window = 10
    private let scalarsPath: String
    private let progress: ProgressBar?
    private var scalars: FileHandle?
    private var recent: [IterationRecord] = []
    private var elapsed = 0.0
    private var counted = 0

    public init(scalarsPath: String, progress: ProgressBar? = nil) {
        self.scalarsPath = scalarsPath
        self.progress = progress
    }

    public func beforeTraining(_ trainer: Trainer) throws { scalars = try FileHandle.appending(to: scalarsPath) }

    public func afterIteration(_ trainer: Trainer) throws {
        recent = recent.suffix(window - 1) + [trainer.last]
        elapsed += trainer.last.time
        counted += 1
        let (done, total) = (trainer.iteration, trainer.settings.iterations)
        progress?.show(done, of: total, note: "loss \(decimals(trainer.last.values.last { $0.name == "loss" }?.value ?? 0))")
        guard trainer.isLogged(done) else { return }
        progress?.clear()
        let fields = fields(trainer)
        let width = String(total).count
        let position = String(repeating: " ", count: width - String(done).count) + "\(done)/\(total)"
        let eta = duration(elapsed / Double(counted) * Double(total - done))
        let rate = trainer.last.learningRates.max() ?? 0
        var line = "Iter(train) [\(position)]  lr: \(String(format: "%.4e", rate))  eta: \(eta)"
        for (name, value) in fields { line += "  \(name): \(decimals(value))" }
        trainer.logger.info("\(line)")
        try writeScalars([("lr", rate)] + fields + [("iter", Double(done)), ("step", Double(done))])
    }

    public func afterTraining(_ trainer: Trainer) throws {
        progress?.clear()
        try scalars?.close()
    }

    /// Times and values, means over the last iterations; values that only logged iterations have stand alone.
    private func fields(_ trainer: Trainer) -> [(String, Double)] {
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
        var result = [("time", mean(recent.map(\.time))), ("data_time", mean(recent.map(\.dataTime)))]
        for (name, _) in trainer.last.values {
            result.append((name, mean(recent.flatMap { record in record.values.filter { $0.name == name }.map(\.value) })))
        }
        return result
    }

    /// Appends one line of JSON.
    func writeScalars(_ values: [(String, Double)]) throws {
        let pairs = values.map { name, value in
            let text = name == "iter" || name == "step" ? "\(Int(value))" : value.isFinite ? "\(value)" : "null"
            return "\"\(name)\":\(text)"
        }
        try scalars?.write(contentsOf: Data(("{" + pairs.joined(separator: ",") + "}\n").utf8))
    }

    private func decimals(_ value: Double) -> String { String(format: "%.4f", value) }

    private func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        let (days, rest) = (whole / 86400, whole % 86400)
        let clock = String(format: "%d:%02d:%02d", rest / 3600, rest / 60 % 60, rest % 60)
        return days == 0 ? clock : "\(days) day\(days == 1 ? "" : "s"), \(clock)"
    }
}

extension FileHandle {
    /// Opens for writing at the end; makes the file where there is none.
    static func appending(to path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path), !FileManager.default.createFile(atPath: path, contents: nil) {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        return handle
    }
}
