import DenseKitCore
import Foundation

/// A run with what its work directory holds.
struct SweepRow {
    enum State: Equatable {
        case finished
        /// By which process.
        case atWork(String)
        case failed(String)
        case stopped
        case waiting

        var word: String {
            switch self {
            case .finished: "finished"
            case .atWork: "at work"
            case .failed: "failed"
            case .stopped: "stopped"
            case .waiting: "waiting"
            }
        }
    }

    let run: SweepRun
    let state: State
    let progress: RunProgress?
    /// How many there are to be; nil where the data that says it is not there.
    let iterations: Int?
    /// The best and the last validation.
    let scores: RunScores?

    /// By which the run's validations are compared: `mIoU`, `segm_mAP`.
    var metric: String? { progress?.best?.metric }

    init(_ run: SweepRun, _ registry: Registry) throws {
        let configuration: ExperimentConfiguration = try run.node.decode()
        let train = configuration.train
        let validates = configuration.data.val != nil
        iterations =
            train.epochs == nil
            ? train.iterations
            : (try? run.experiment(registry, device: .meta).trainDataset()).map {
                train.counting(images: $0.count).iterations
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
