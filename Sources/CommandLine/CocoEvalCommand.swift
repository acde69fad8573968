import ArgumentParser
import DenseKitCore
import Foundation

/// `densekit coco-eval ANNOTATIONS RESULTS`
struct CocoEvalCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "coco-eval",
            abstract:
                "Measure a file of results as COCO does: average precision and recall of boxes or masks.",
            discussion: """
                RESULTS is a list of {image_id, category_id, score, bbox or segmentation}, as `densekit test --results` and other detectors \
                write it for COCO's server. The twelve numbers are those of pycocotools.
                """)
    }

    @Argument(help: "The annotations, instances_*.json.", transform: FilePaths.expanded)
    var annotations: String

    @Argument(help: "The results, a JSON list.", transform: FilePaths.expanded)
    var results: String

    @Option(help: "What to compare: bbox or segm.")
    var type = COCOEvaluation.Kind.boxes

    @Flag(help: "Print a table of the classes too, in percent.")
    var perClass = false

    @Flag(help: "Print the numbers as JSON, those of each class too, as fractions.")
    var json = false

    @Option(help: "Write the same JSON to this file.", transform: FilePaths.expanded)
    var out: String?

    @Option(help: "Threads; all processors if left out.")
    var threads: Int?

    func validate() throws {
        if json, perClass {
            throw ValidationError("--json has the classes already: leave --per-class out")
        }
        if let threads, threads < 1 {
            throw ValidationError("--threads must be at least 1, found \(threads)")
        }
    }

    func run() throws {
        if let out { try AtomicFile.prove(out) }
        let started = monotonicSeconds()
        let index = try COCOIndex(annotations)
        for warning in index.warnings { warn("\(warning)") }
        let images = (0..<index.imageCount).map(index.image)
        let categories = index.categories.sorted { $0.id < $1.id }
        let opened = monotonicSeconds()
        let detections = try COCOResults.read(
            results, kind: type,
            images: Dictionary(uniqueKeysWithValues: images.map { (Int($0.id), $0.size) }),
            categories: Set(categories.map { Int($0.id) }))
        let read = monotonicSeconds()
        let (groundTruth, note) = try index.groundTruth(type)
        if let note { warn(note) }
        let evaluation = try COCOEvaluation(
            images: images.map { Int($0.id) }, categories: categories.map { Int($0.id) },
            groundTruth: groundTruth, detections: detections,
            kind: type)
        let scores = threads.map { evaluation.scores(threads: $0) } ?? evaluation.scores()
        let evaluated = monotonicSeconds()
        let report = COCOReport([(type, scores)], names: categories.map(\.name))
        if let out { try AtomicFile.write(report.json, to: out) }
        guard !json else { return print(String(decoding: try report.json, as: UTF8.self)) }
        print(report.table(perClass: perClass))
        let times = zip(
            ["annotations", "results", "evaluation"],
            [opened - started, read - opened, evaluated - read])
        print(
            "\(images.count) images, \(groundTruth.count) instances, \(detections.count) detections; seconds: "
                + times.map { "\($0) \(String(format: "%.3f", $1))" }.joined(separator: ", "))
    }
}

extension COCOEvaluation.Kind: ExpressibleByArgument {}
