import Foundation
import TemporaryFolders

@testable import DenseKitDistributed

/// A store that is only a port.
final class PortOnly: StoreHost {
    let port: Int
    init(port: Int) { self.port = port == 0 ? 4711 : port }
}

/// What a launcher said.
final class Notes {
    var lines: [String] = []
}

/// Processes of the shell, in a folder of their own.
struct ShellLaunch {
    let folder: TemporaryFolder
    let notes = Notes()
    var launch: Launch

    init(processes: Int = 2, in folder: TemporaryFolder, _ script: String) {
        self.folder = folder
        let place = "cd '\(folder.path)'\n"
        launch = Launch(processes: processes) { attempt in
            ["-c", place + script, "sh", "\(attempt)"]
        }
        launch.hostStore = { PortOnly(port: $0) }
        launch.executable = "/bin/sh"
        launch.logFolder = folder.file("logs")
        launch.tell = { [notes] in notes.lines.append($0) }
        launch.signals = { [] }
    }

    init(processes: Int = 2, _ script: String) throws {
        self.init(processes: processes, in: try TemporaryFolder(), script)
    }

    /// How it failed; nil where it did not.
    func failure() throws -> LaunchFailure? {
        do {
            try launch.run()
            return nil
        } catch let failure as LaunchFailure {
            return failure
        }
    }

    /// The lines of a file that processes wrote, sorted; empty where there is none.
    func lines(_ name: String) -> [String] { sortedLines("\(folder.path)/\(name)") }
}

func sortedLines(_ path: String) -> [String] {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
}

/// Waits in a script until a file is there.
func waiting(for file: String) -> String { "while [ ! -e \(file) ]; do sleep 0.01; done" }

/// Whether the process has ended, or is only waited for.
func isGone(_ process: String) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
        return true
    }
    return status.split(separator: ")").last?.split(separator: " ").first == "Z"
}
