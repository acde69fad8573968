import Foundation

/// The file in which a process leaves its error for the launcher, where one asks for it: `Launch`
/// in `DENSEKIT_ERROR_FILE`, torchrun in `TORCHELASTIC_ERROR_FILE`. Its form is torchrun's.
public struct ErrorFile: Codable, Sendable {
    /// The error and its time, under the names that torchrun reads.
    struct Message: Codable, Sendable {
        var message: String
        var extraInfo: [String: String]
    }
    private let message: Message

    /// The text of the error.
    var text: String { message.message }
    /// When it happened.
    var time: Date? {
        (message.extraInfo["time"] ?? message.extraInfo["timestamp"]).flatMap(TimeInterval.init)
            .map { Date(timeIntervalSince1970: $0) }
    }

    static let variable = "DENSEKIT_ERROR_FILE"

    /// The error `text`, which happened at `time`.
    init(text: String, time: Date) {
        let seconds = time.timeIntervalSince1970
        message = Message(
            message: text,
            extraInfo: ["timestamp": "\(Int(seconds))", "time": String(format: "%.3f", seconds)])
    }

    /// What a process left at `path`; nil where it left nothing.
    init?(path: String) {
        guard let data = FileManager.default.contents(atPath: path),
            let file = try? JSONDecoder().decode(ErrorFile.self, from: data)
        else { return nil }
        self = file
    }

    /// Leaves the error of this process for its launcher. Does nothing where no launcher asks for
    /// it, and where an earlier error is there: the first one counts.
    ///
    /// Call it where the error is caught. `exitProgram(reporting:)` and `runProgram` do.
    ///
    /// - Parameters:
    ///   - text: the error
    ///   - variables: the environment; by default that of this process
    public static func write(
        _ text: String, variables: [String: String] = ProcessInfo.processInfo.environment
    ) {
        let names = [variable, "TORCHELASTIC_ERROR_FILE"]
        guard let path = names.compactMap({ variables[$0] }).first(where: { !$0.isEmpty }),
            !FileManager.default.fileExists(atPath: path),
            let data = try? JSONEncoder().encode(ErrorFile(text: text, time: Date()))
        else { return }
        // Without it the launcher shows the end of the log.
        try? data.write(to: URL(filePath: path), options: .atomic)
    }
}
