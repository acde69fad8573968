import DenseKitEvaluation
import Foundation
import TemporaryFolders
import Testing

@testable import DenseKitTraining

@Suite struct RunScoresTests {
    /// A work directory with the given files, which goes afterwards.
    private func scores(
        _ files: [String: String], folders: [String] = [], metric: String = "mIoU",
        better: MetricDirection = .higher
    ) throws -> (scores: RunScores?, directory: String) {
        let temporary = try TemporaryFolder()
        let directory = temporary.url.appending(path: "work")
        for (run, text) in files {
            let folder = directory.appending(path: "\(run)/vis_data")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: folder.appending(path: "scalars.json"))
        }
        for folder in folders {
            try FileManager.default.createDirectory(
                at: directory.appending(path: folder), withIntermediateDirectories: true)
        }
        return (
            RunScores(workDirectory: directory.path, metric: metric, better: better), directory.path
        )
    }

    private let log = """
        {"lr":0.0001,"loss":2.5,"iter":1,"step":1}
        {"aAcc":70.0,"mIoU":30.25,"mAcc":40.0,"step":100}
        {"aAcc":71.0,"mIoU":35.5,"mAcc":41.0,"step":200}
        {"aAcc":71.0,"mIoU":35.5,"mAcc":41.0,"step":300}
        {"aAcc":72.0,"mIoU":34.0,"mAcc":42.0,"step":400}
        {"aAcc":72.0,"mIoU":null,"step":500}
        {"aAcc":73.0,"mIoU":99
        """

    @Test("The best and the last validation of a run; lines of training and torn ones do not count")
    func bestAndLast() throws {
        let (found, directory) = try scores(
            ["20260101_000000": log], folders: ["best_mIoU_iter_200"])
        #expect(found?.best == .init(iteration: 200, value: 35.5))
        #expect(found?.last == .init(iteration: 400, value: 34))
        #expect(found?.checkpoint == directory + "/best_mIoU_iter_200")
        #expect(try scores(["20260101_000000": log]).scores?.checkpoint == nil)
    }

    @Test("Of an error the lowest value is the best, the first of equal ones")
    func lower() throws {
        let log = """
            {"MAE":4.5,"step":8}
            {"MAE":-1.5,"step":16}
            {"MAE":-1.5,"step":24}
            {"MAE":3.0,"step":32}
            """
        let (found, directory) = try scores(
            ["20260101_000000": log], folders: ["best_MAE_iter_16"], metric: "MAE", better: .lower)
        #expect(
            found?.best == .init(iteration: 16, value: -1.5)
                && found?.last == .init(iteration: 32, value: 3))
        #expect(found?.checkpoint == directory + "/best_MAE_iter_16")
    }

    @Test("Any metric can be asked for")
    func metrics() throws {
        let log = """
            {"bbox_mAP":30.5,"segm_mAP":29.25,"step":8}
            {"bbox_mAP":30.25,"segm_mAP":29.5,"step":16}
            """
        let boxes = try scores(
            ["20260101_000000": log], folders: ["best_bbox_mAP_iter_8"], metric: "bbox_mAP")
        #expect(boxes.scores?.best == .init(iteration: 8, value: 30.5))
        #expect(boxes.scores?.checkpoint == boxes.directory + "/best_bbox_mAP_iter_8")
        #expect(
            try scores(["20260101_000000": log], metric: "segm_mAP").scores?.best
                == .init(iteration: 16, value: 29.5))
        #expect(try scores(["20260101_000000": log]).scores == nil)
    }

    @Test("The newest run that validated speaks for the directory")
    func newest() throws {
        let newer = #"{"mIoU":12.0,"step":10}"#
        let files = [
            "20260101_000000": log, "20260102_000000": newer,
            "20260103_000000": #"{"loss":1.0,"iter":1,"step":1}"#,
        ]
        #expect(try scores(files).scores?.best == .init(iteration: 10, value: 12))
    }

    @Test("Nothing where nothing was validated, or where there is no such directory")
    func nothing() throws {
        #expect(try scores(["20260101_000000": #"{"loss":1.0,"iter":1,"step":1}"#]).scores == nil)
        #expect(RunScores(workDirectory: "/no/such/folder", metric: "mIoU", better: .higher) == nil)
    }
}
