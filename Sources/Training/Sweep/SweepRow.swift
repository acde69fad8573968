import DenseKitConfiguration
import Foundation

/// A run of a sweep with what its work directory holds: a row of the sweep's table.
public struct SweepRow: Sendable {
    /// How far a run is.
    public enum State: Sendable, Equatable {
        /// All iterations and the last validation are done.
        case finished
        /// The process that is named trains it at this moment.
        case atWork(String)
        /// It ended with the error whose text this is.
        case failed(String)
        /// It was begun, and nothing trains it.
        case stopped
        /// It was not begun.
        case waiting

        /// The state in one or two words, as tables show it.
        public var word: String {
            switch self {
            case .finished: "finished"
            case .atWork: "at work"
            case .failed: "failed"
            case .stopped: "stopped"
            case .waiting: "waiting"
            }
        }
    }

    /// The run.
    public let run: SweepRun
    /// How far it is.
    public let state: State
    /// Its newest checkpoint's progress; nil where it has none.
    public let progress: RunProgress?
    /// The number of iterations that it is to have; nil where it follows from data that cannot be
    /// opened.
    public let iterations: Int?
    /// The best and the last validation; nil where nothing was validated.
    public let scores: RunScores?

    /// The metric by which the run's validations are compared, such as `mIoU` or `segm_mAP`; nil
    /// where nothing was validated.
    public var metric: String? { progress?.best?.metric }

    init(_ run: SweepRun) throws {
        let configuration: ExperimentConfiguration = try run.node.decode()
        let train = configuration.train
        let validates = configuration.data.val != nil
        if train.epochs == nil {
            iterations = train.iterations
        } else {
            let dataset = try? run.experiment(on: .meta).trainDataset()
            iterations = dataset.map { train.counting(images: $0.count).iterations }
        }
        let progress = RunProgress(workDirectory: run.folder)
        scores = progress?.best.flatMap {
            RunScores(workDirectory: run.folder, metric: $0.metric, better: $0.better)
        }
        state =
            if let iterations,
                progress?.isFinished(iterations: iterations, validates: validates) == true
            {
                .finished
            } else if let owner = WorkDirectory.owner(of: run.folder) {
                .atWork(owner)
            } else if let failure = FileManager.default.contents(atPath: run.failure) {
                .failed(
                    String(decoding: failure, as: UTF8.self).trimmingCharacters(
                        in: .whitespacesAndNewlines))
            } else {
                progress == nil ? .waiting : .stopped
            }
        self.run = run
        self.progress = progress
    }
}
