import DenseKitConfiguration
import DenseKitData
import Foundation
import Testing

@testable import DenseKitTraining

/// The lines of the newest log and of the newest `scalars.json` of a run.
private func files(_ run: SmallRun) throws -> (log: [Substring], scalars: [[String: Double]]) {
    let manager = FileManager.default
    let folders = try manager.contentsOfDirectory(atPath: run.work.path).filter {
        manager.fileExists(atPath: "\(run.work.path)/\($0)/vis_data/scalars.json")
    }
    let folder = "\(run.work.path)/\(try #require(folders.max()))"
    let log = try #require(
        try manager.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".log") })
    let scalars = try String(contentsOfFile: folder + "/vis_data/scalars.json", encoding: .utf8)
        .split(separator: "\n")
    return try (
        String(contentsOfFile: "\(folder)/\(log)", encoding: .utf8).split(separator: "\n"),
        scalars.map {
            try JSONDecoder().decode([String: Double?].self, from: Data($0.utf8)).compactMapValues {
                $0
            }
        }
    )
}

@Test(
    "A skipped image is named once, and counted at every validation and at the end",
    arguments: [1, 3])
func skippedImages(workers: Int) throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(
            in: folder, iterations: 9, data: "bad_image: skip\n  workers: \(workers)",
            noise: "damaged: [2]")
        let trainer = try run.trainer()
        try trainer.run()
        let hook = try #require(trainer.hooks.compactMap { $0 as? SkippedImagesHook }.first)
        // 9 iterations of 2 images are three passes through the 6 images.
        #expect(hook.state.given == 18 && hook.state.replaced == 3 && hook.state.images == [2])
        let (log, scalars) = try files(run)
        let named = log.filter {
            $0.contains("WARNING - skipped, as another image takes its place: 2.jpg: is damaged")
        }
        #expect(named.count == 1)
        let counted = log.filter {
            $0.contains(" of 6 training images skipped so far (data.bad_image: skip), ")
        }
        #expect(
            counted.count == 6 && counted.last?.contains("1 of 6 ") == true
                && counted.last?.contains(", 3 times in all") == true)
        let validated = scalars.filter { $0["mIoU"] != nil }
        #expect(validated.count == 5 && validated.allSatisfy { $0["skipped_images"] != nil })
        #expect(
            scalars.last?["skipped_images"] == 1 && scalars.last?["skipped_times"] == 3
                && scalars.last?["step"] == 9)
    }
}

@Test("A resumed run counts on, and does not name an image again")
func skippedImagesAfterResuming() throws {
    try withTemporaryFolder { folder in
        func run(_ iterations: Int) throws -> SmallRun {
            try SmallRun(
                in: folder, iterations: iterations, data: "bad_image: skip", noise: "damaged: [2]")
        }
        try run(3).trainer().run()
        let second = try run(9)
        let resumed = try second.trainer(from: .newestCheckpoint)
        try resumed.run()
        let hook = try #require(resumed.hooks.compactMap { $0 as? SkippedImagesHook }.first)
        #expect(hook.state.given == 18 && hook.state.replaced == 3 && hook.state.images == [2])
        #expect(try files(second).log.count { $0.contains("takes its place: 2.jpg") } == 1)
    }
}

@Test(
    "Too many unreadable images stop training, with the last of them; the iterations until then are saved"
)
func tooManySkippedImages() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(
            in: folder, iterations: 40, validates: false, data: "bad_image: skip",
            noise: "damaged: [0, 1, 2, 3]")
        let trainer = try run.trainer()
        let error = try #require(throws: TrainingError.self) { try trainer.run() }
        guard case .badImages(4, of: 6, share: 0.1, let last) = error else {
            return #expect(Bool(false), "\(error)")
        }
        #expect(last.hasSuffix(".jpg: is damaged") && trainer.iteration <= 3)
        #expect(try run.checkpoints().last == "iter_\(trainer.iteration)")
    }
}

@Test("More unreadable images than usual may be allowed")
func manySkippedImages() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(
            in: folder, iterations: 6, validates: false,
            data: "bad_image: skip\n  max_bad_share: 0.7",
            noise: "damaged: [0, 1, 2, 3]")
        let trainer = try run.trainer()
        try trainer.run()
        #expect(trainer.iteration == 6)
    }
}

@Test("Labels that contradict the data set stop training, skipping or not")
func contradictionsAreNotSkipped() throws {
    try withTemporaryFolder { folder in
        let run = try SmallRun(
            in: folder, validates: false, data: "bad_image: skip",
            noise: "mislabelled: [0, 1, 2, 3]")
        #expect(throws: DataError.self) { try run.trainer().run() }
        let error = try #require(throws: ConfigurationError.self) {
            try SmallRun(in: folder, data: "max_bad_share: 1.5")
        }
        #expect("\(error)".hasSuffix("run.yaml:4:18: data.max_bad_share: expected 0…1, found 1.5"))
    }
}
