import Checkpoints
import Data
import Foundation

/// Where a run puts things, laid out as OpenMMLab's users know it:
///
///     work_dirs/NAME/NAME.yaml                              the resolved configuration, with the origin of every value
///     work_dirs/NAME/TIMESTAMP/TIMESTAMP.log                the log
///     work_dirs/NAME/TIMESTAMP/vis_data/scalars.json        one JSON object a line
///     work_dirs/NAME/iter_N/, best_mIoU_iter_N/             checkpoints
///     work_dirs/NAME/last_checkpoint                        path of the newest
public struct WorkDirectory: Sendable {
    public let path: String
    public let logPath: String
    public let scalarsPath: String

    /// Makes the folders of a run that starts now.
    ///
    /// Throws `CheckpointError` where the directory cannot be written.
    public init(_ path: String) throws {
        self.path = path
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyyMMdd_HHmmss"
        let timestamp = formatter.string(from: Date())
        logPath = "\(path)/\(timestamp)/\(timestamp).log"
        scalarsPath = "\(path)/\(timestamp)/vis_data/scalars.json"
        do {
            try FileSystem.makeFolder("\(path)/\(timestamp)/vis_data", remedy: "choose another with --work-dir")
        } catch {
            throw CheckpointError(
                path: path, problem: "the work directory cannot be made: \(error.path) \(error.problem)",
                remedy: "choose another with --work-dir")
        }
        guard access(path, W_OK) == 0 else {
            throw CheckpointError(
                path: path, problem: "the work directory is not writable", remedy: "choose another with --work-dir")
        }
    }

    /// `--work-dir`, else the configuration's `work_dir`, else `./work_dirs/<name of the configuration>`.
    public static func choose(option: String?, configuration: String?, file: String) -> String {
        option ?? configuration ?? "work_dirs/" + URL(filePath: file).deletingPathExtension().lastPathComponent
    }

    /// Writes the resolved configuration under the name of its file.
    public func write(configuration: String, file: String) throws {
        try AtomicFile.write(
            Data(configuration.utf8), to: "\(path)/\(URL(filePath: file).deletingPathExtension().lastPathComponent).yaml")
    }
}
