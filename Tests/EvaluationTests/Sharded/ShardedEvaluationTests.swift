import DenseKitComponents
import DenseKitData
import DenseKitDistributed
import Foundation
import SeveralProcesses
import Synchronization
import TemporaryFolders
import Testing

@testable import DenseKitEvaluation

/// Everything that an evaluation gives.
private struct Outcome: Sendable, Equatable {
    var table = ""
    var json = Data()
    var metrics: [String] = []
    var primary: UInt64?
    /// The counts of a segmentation.
    var counts: ConfusionCounts?
    /// The results files of a detector.
    var files: [Data] = []
}

/// What one process gives, and the images that it evaluated.
private struct Share: Sendable {
    var outcome = Outcome()
    var images: [Int] = []
    var names: [String] = []
}

private func outcome(_ report: any EvaluationReport) throws -> Outcome {
    Outcome(
        table: report.table, json: try report.json,
        metrics: report.summary.map { "\($0.name) \($0.value.bitPattern)" },
        primary: report.primaryValue?.bitPattern)
}

private func evaluate(
    _ dataset: any Dataset, _ head: String, over processes: Processes,
    _ change: (inout EvaluationOptions) throws -> Void = { _ in },
    each: (EvaluatedImage) throws -> Void = { _ in }
) throws -> Share {
    let model = try fixedModel(head, dataset.classes)
    var options = EvaluationOptions(pipeline: Pipeline([]))
    options.processes = processes
    try change(&options)
    let evaluator = try model.task.evaluator(of: model, on: dataset, options)
    var share = Share()
    let report = try evaluator.evaluate { image in
        share.images.append(image.index)
        share.names.append(image.name)
        try each(image)
    }
    share.outcome = try outcome(report)
    if let segmentation = evaluator as? SegmentationEvaluator {
        share.outcome.counts = try segmentation.counts { _ in }
    }
    if let report = report as? DetectionReport {
        let folder = try TemporaryFolder()
        try report.writeResults(to: folder.file("found"))
        share.outcome.files = try report.kinds.map {
            try Data(contentsOf: URL(filePath: folder.file("found.\($0.rawValue).json")))
        }
    }
    return share
}

/// Seven images on one process, and on more.
@Suite struct ShardedEvaluationTests {
    /// 9 and 7: processes without an image, and with one.
    private static let counts = [2, 3, 4, 7, 9]

    /// Each process has the outcome of one process, and every image belongs to one of them.
    private func checkShares(
        _ count: Int, _ evaluate: @escaping @Sendable (Processes) throws -> Share
    ) throws -> Outcome {
        let alone = try withProcesses(1) { _ in try evaluate(.alone) }[0]
        #expect(alone.images == Array(0..<7))
        let shares = try withProcesses(count) { try evaluate($0) }
        for (rank, share) in shares.enumerated() {
            #expect(share.outcome == alone.outcome, "process \(rank)")
            #expect(share.images == Array(stride(from: rank, to: 7, by: count)))
            #expect(share.names == share.images.map { "\($0).jpg" })
        }
        return alone.outcome
    }

    @Test(arguments: counts)
    func pixelsAreCountedAsByOneProcess(count: Int) throws {
        let found = try checkShares(count) {
            try evaluate(ColouredNoise(), "Brightest", over: $0)
        }
        let counts = try #require(found.counts)
        // One in nine is ignored, and of two more in nine one in three is right.
        let pixels = (0..<7).map { (8 + 3 * ($0 % 3)) * (11 + 2 * ($0 % 2)) }.reduce(0, +)
        let labelled = counts.labelled.reduce(0, +)
        #expect(labelled < pixels && labelled > pixels * 8 / 10)
        let right = counts.intersect.reduce(0, +)
        #expect(right < labelled && right > labelled * 6 / 10)
    }

    @Test(arguments: [2, 3])
    func windowsAndMirroredViewsAreSharedToo(count: Int) throws {
        _ = try checkShares(count) { processes in
            try evaluate(ColouredNoise(), "Brightest", over: processes) {
                $0.mode = .slide(crop: Size2D(6, 8), stride: Size2D(4, 5))
                $0.augmentation = .init(ratios: [1, 1], flip: true)
            }
        }
    }

    @Test(arguments: [2, 3])
    func classesThatAreNotSharedAreLeftOut(count: Int) throws {
        let found = try checkShares(count) { processes in
            try evaluate(ColouredNoise(), "Brightest", over: processes) {
                $0.classMap = try ClassMap(
                    YAMLNode.parse("{green: [green], red: [blue]}", file: "a.yaml"),
                    unmapped: .wrong, model: ["red", "green", "blue"],
                    dataset: ["red", "green", "blue"])
            }
        }
        #expect(found.counts?.classCount == 3 && !found.table.contains("blue"))
    }

    @Test(arguments: counts, ["Reader", "{type: Reader, masks: false}"])
    func detectionsAreMeasuredAsByOneProcess(count: Int, head: String) throws {
        let found = try checkShares(count) { try evaluate(WrittenBoxes(), head, over: $0) }
        #expect(found.files.count == (head == "Reader" ? 2 : 1))
        let map = try #require(found.primary.map { Double(bitPattern: $0) })
        #expect(map > 5 && map < 95, "\(found.table)")
    }

    @Test func anImageThatFailsEndsTheEvaluationOnAllProcesses() throws {
        struct Broken: Error, CustomStringConvertible { let description = "no space for 4.jpg" }
        for (dataset, head) in [
            (ColouredNoise() as any Dataset, "Brightest"), (WrittenBoxes(), "Reader"),
        ] {
            let errors = try withProcesses(3) { processes in
                do {
                    _ = try evaluate(
                        dataset, head, over: processes,
                        each: { if $0.index == 4 { throw Broken() } })
                    return "nothing"
                } catch {
                    return "\(type(of: error)): \(error)"
                }
            }
            let others = "OtherProcessError: process 1 failed: no space for 4.jpg"
            #expect(errors == [others, "Broken: no space for 4.jpg", others])
        }
    }

    @Test func aWrongLabelIsNamedOnAllProcesses() throws {
        var dataset = ColouredNoise()
        dataset.mislabelled = 5
        let errors = try withProcesses(3) { [dataset] processes in
            do {
                _ = try evaluate(dataset, "Brightest", over: processes)
                return "nothing"
            } catch {
                return "\(error)"
            }
        }
        let own =
            "the label has class 9 at pixel [0, 0], but there are the classes 0 to 2 and 65535 for unlabelled pixels: map the labels when they are read."
        #expect(errors[2] == own)
        #expect(errors[0] == "process 2 failed: \(own)" && errors[1] == errors[0])
    }

    @Test func otherDataOnOneProcessIsRefused() throws {
        let errors = try withProcesses(3) { processes in
            var dataset = ColouredNoise()
            if processes.rank == 1 { dataset.count = 6 }
            do {
                _ = try evaluate(dataset, "Brightest", over: processes)
                return "nothing"
            } catch {
                return "\(error)"
            }
        }
        let text =
            "data set: has 7 images and 3 classes on process 0, and 6 images and 3 classes on process 1; give all machines the same files and the same configuration"
        #expect(errors == [text, text, text])
    }
}
