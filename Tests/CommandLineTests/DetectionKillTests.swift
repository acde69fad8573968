import Foundation
import Testing

private let setup = [
    "--set", "train.iterations=6", "--set", "train.checkpoint_interval=1", "--set",
    "train.eval_interval=2", "--set",
    "train.log_interval=1", "--set", "train.keep_checkpoints=2",
]

/// What a detector samples is drawn from seed and iteration alone, and no sum depends on the order
/// in which threads come.
@Test("A detector's run that is killed twice ends with the bytes of one that was never stopped")
func killedDetector() throws {
    try withDetection { folder in
        let whole = try runDensekit(
            ["train", "run.yaml", "--work-dir", "whole"] + setup, in: folder)
        #expect(whole.status == 0, "\(whole.errors)")
        let wanted = try RunResult(folder.appending(path: "whole"))
        #expect(wanted.logLines == 6 + 3)

        let arguments = ["train", "run.yaml", "--work-dir", "killed", "--resume", "auto"] + setup
        for moment in ["Iter(train) [2/6]", "Iter(train) [5/6]"] {
            let run = try RunningDensekit(arguments, in: folder)
            #expect(run.says(moment))
            run.signal(SIGKILL)
            #expect(try run.result().status == 9)
        }
        let last = try runDensekit(arguments, in: folder)
        #expect(last.status == 0 && last.errors.contains("resumed from "), "\(last.errors)")
        let result = try RunResult(folder.appending(path: "killed"))
        #expect(result == wanted, "\(result.scalars)\n\(wanted.scalars)")
    }
}
