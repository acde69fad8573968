import DenseKitComponents
import DenseKitData
import DenseKitVision
import Foundation

/// COCO's metrics of a detector: twelve of boxes and, where there are masks, twelve of masks.
/// Values are percentages, except in pycocotools' own lines.
public struct DetectionReport: EvaluationReport {
    /// All detections, with the data set's ids of images and categories.
    public let detections: [COCOEvaluation.Detection]
    private let scores: [(kind: COCOEvaluation.Kind, scores: COCOScores)]
    /// The classes in the order of their numbers.
    private let names: [String]
    /// Oddities of the annotations that affect the metrics, a sentence each; printed above the
    /// table.
    public let notes: [String]

    /// Compares the detections in the images of `dataset`, in their order, with what is annotated
    /// there.
    ///
    /// An object whose mask is needed and cannot be read is a crowd that covers its box; where no
    /// object has a mask, boxes alone are measured.
    /// - Throws: `COCOEvaluationError` for a box that is no number.
    init(_ seen: [ImageDetections], _ dataset: any InstanceDataset, masks: Bool) throws {
        let categories = dataset.categoryIDs.map(Int.init)
        var groundTruth: [COCOEvaluation.GroundTruth] = []
        var measured = MeasuredMasks()
        var detections: [COCOEvaluation.Detection] = []
        for (index, picture) in seen.enumerated() {
            let image = Int(dataset.imageID(at: index))
            for thing in try dataset.annotations(at: index, shapes: masks) {
                let known = COCOEvaluation.GroundTruth(
                    image: image, category: categories[thing.label], box: thing.box,
                    area: thing.area, isCrowd: thing.isCrowd,
                    id: Int(thing.id))
                groundTruth.append(known)
                if masks { try measured.add(known, thing, in: picture) }
            }
            detections += picture.instances.filter { categories.indices.contains($0.label) }.map {
                instance in
                COCOEvaluation.Detection(
                    image: image, category: categories[instance.label],
                    score: Double(instance.score ?? 1),
                    box: COCOBox(instance.box), mask: instance.mask)
            }
        }
        // A run is not to end at its first validation: boxes are measured, and the report explains
        // why masks are not.
        let hasMasks = masks && !measured.isHopeless
        notes = [
            COCOEvaluation.noteOnZero(groundTruth),
            masks && !hasMasks ? MeasuredMasks.noteOnNone(groundTruth.count) : measured.note,
        ]
        .compactMap { $0 }
        let images = seen.indices.map { Int(dataset.imageID(at: $0)) }
        let kinds: [COCOEvaluation.Kind] = hasMasks ? [.boxes, .masks] : [.boxes]
        scores = try kinds.map { kind in
            let evaluation = try COCOEvaluation(
                images: images, categories: categories,
                groundTruth: kind == .masks ? measured.groundTruth : groundTruth,
                detections: detections,
                kind: kind)
            return (kind, evaluation.scores())
        }
        names = categories.indices.sorted { categories[$0] < categories[$1] }.map {
            dataset.classes.names[$0]
        }
        self.detections = detections
    }

    /// What was measured: boxes, and masks where there are any.
    public var kinds: [COCOEvaluation.Kind] { scores.map(\.kind) }

    /// pycocotools' twelve lines for each kind and a table of the classes in percent, below the
    /// notes.
    public var table: String {
        notes.map { "note: \($0)\n" }.joined()
            + COCOReport(scores, names: names).table(perClass: true)
    }

    /// All metrics in percent:
    /// `{"bbox_mAP": 41.2, …, "bbox_AR_100": …, "segm_mAP": …, "classes": [{"name": "person", "bbox_mAP": …}, …]}`;
    /// null where there is no ground truth.
    public var json: Data {
        get throws {
            func object(_ measures: (COCOScores) -> [COCOScores.Measure]) -> [String: Any] {
                Dictionary(
                    uniqueKeysWithValues: scores.flatMap { figures($0, measures($1)) }.map {
                        ($0, $1.isNaN ? NSNull() : $1 as Any)
                    })
            }
            var content = object(\.summary)
            content["classes"] = names.enumerated().map { place, name in
                object { $0.summary(category: place) }.merging(["name": name]) { $1 }
            }
            if !notes.isEmpty { content["notes"] = notes }
            return try JSONSerialization.data(
                withJSONObject: content, options: [.prettyPrinted, .sortedKeys])
        }
    }

    /// The six AP metrics of each kind in percent, named as in MMDetection: `bbox_mAP`,
    /// `bbox_mAP_50`, …, `segm_mAP_l`.
    public var summary: [EvaluationMetric] {
        scores.flatMap { kind, scores in
            figures(kind, scores.summary).prefix(Self.summaryCount)
                .map { EvaluationMetric($0.name, $0.value, better: .higher) }
        }
    }

    /// How many metrics of each kind are in the summary: the average precisions.
    private static let summaryCount = 6
    private static let endings = [
        "mAP", "mAP_50", "mAP_75", "mAP_s", "mAP_m", "mAP_l", "AR_1", "AR_10", "AR_100", "AR_s",
        "AR_m", "AR_l",
    ]

    /// The names of the metrics in the summary of a report of `kinds`.
    static func metricNames(_ kinds: [COCOEvaluation.Kind]) -> [String] {
        kinds.flatMap { kind in endings.prefix(summaryCount).map { "\(kind.rawValue)_\($0)" } }
    }

    private func figures(_ kind: COCOEvaluation.Kind, _ measures: [COCOScores.Measure]) -> [(
        name: String, value: Double
    )] {
        zip(Self.endings, measures).map {
            ("\(kind.rawValue)_\($0)", $1.value < 0 ? .nan : 100 * $1.value)
        }
    }

    /// Writes COCO results files: `prefix.bbox.json` and, for masks, `prefix.segm.json`.
    /// - Throws: `COCOResultsError` for numbers that are not finite, `CheckpointError` where a file
    ///   cannot be written.
    public func writeResults(to prefix: String) throws {
        for kind in kinds {
            try COCOResults.write(detections, kind: kind, to: "\(prefix).\(kind.rawValue).json")
        }
    }

    /// `segm_mAP` where masks were measured, else `bbox_mAP`.
    public var primaryMetric: String { "\((scores.last?.kind ?? .boxes).rawValue)_mAP" }
}

extension MeasuredMasks {
    fileprivate mutating func add(
        _ known: COCOEvaluation.GroundTruth, _ thing: AnnotatedInstance,
        in image: ImageDetections
    ) throws {
        do {
            try add(known, thing.shape, in: image.size, image: image.name)
        } catch {
            throw DataError(
                image.name, "annotation \(thing.id): \(error)",
                remedy: "correct its box, or take it out")
        }
    }
}
