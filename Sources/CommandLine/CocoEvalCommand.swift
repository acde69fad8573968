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
                RESULTS is a list of {image_id, category_id, score, bbox or segmentation}, as `test --results` and other detectors \
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
        let found = try COCOFileEvaluation(
            of: results, annotations: annotations, kind: type, threads: threads
        ) { warn($0) }
        let data = try found.report.json
        if let out { try AtomicFile.write(data, to: out) }
        guard !json else { return print(String(decoding: data, as: UTF8.self)) }
        print(found.report.table(perClass: perClass))
        let parts = [
            ("annotations", found.durations.annotations), ("results", found.durations.results),
            ("evaluation", found.durations.evaluation),
        ]
        let times = parts.map { "\($0) \(String(format: "%.3f", $1 / .seconds(1)))" }
        print(
            "\(found.images) images, \(found.instances) instances, \(found.detections) detections; seconds: "
                + times.joined(separator: ", "))
    }
}

extension COCOEvaluation.Kind: ExpressibleByArgument {}
