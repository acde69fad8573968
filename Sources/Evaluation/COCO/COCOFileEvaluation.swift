import DenseKitData
import DenseKitVision

/// The evaluation of a file of results with an annotation file, as COCO's server does it: the
/// twelve numbers of pycocotools.
///
///     let found = try COCOFileEvaluation(
///         of: "results.json", annotations: "instances_val2017.json", kind: .boxes) { print($0) }
///     print(found.report.table())
public struct COCOFileEvaluation: Sendable {
    /// The metrics.
    public let report: COCOReport
    /// The number of images in the annotation file.
    public let images: Int
    /// The number of annotated instances, crowds included.
    public let instances: Int
    /// The number of detections in the file of results.
    public let detections: Int
    /// The times of reading the annotations, reading the results, and evaluating.
    public let durations: (annotations: Duration, results: Duration, evaluation: Duration)

    /// Reads both files and evaluates.
    ///
    /// - Parameters:
    ///   - results: a JSON list of `{image_id, category_id, score, bbox or segmentation}`
    ///   - annotations: COCO's annotations, `instances_*.json`
    ///   - kind: whether boxes or masks are compared
    ///   - threads: the number of threads; nil for all processors
    ///   - warn: receives what is unusual in the annotations, before anything fails for it
    /// - Throws: `DataError` for annotations that cannot be read, `COCOResultsError` for results
    ///   that do not fit them, `COCOEvaluationError` for annotations that cannot be compared.
    public init(
        of results: String, annotations: String, kind: COCOEvaluation.Kind, threads: Int? = nil,
        warn: (String) -> Void
    ) throws {
        let clock = ContinuousClock()
        let started = clock.now
        let index = try COCOIndex(annotations)
        for remark in index.warnings { warn("\(remark)") }
        let pictures = (0..<index.imageCount).map(index.image)
        let categories = index.categories.sorted { $0.id < $1.id }
        let opened = clock.now
        let sizes = Dictionary(uniqueKeysWithValues: pictures.map { (Int($0.id), $0.size) })
        let found = try COCOResults.read(
            results, kind: kind, images: sizes, categories: Set(categories.map { Int($0.id) }))
        let read = clock.now
        let (groundTruth, note) = try index.groundTruth(kind)
        if let note { warn(note) }
        let evaluation = try COCOEvaluation(
            images: pictures.map { Int($0.id) }, categories: categories.map { Int($0.id) },
            groundTruth: groundTruth, detections: found, kind: kind)
        let scores = threads.map { evaluation.scores(threads: $0) } ?? evaluation.scores()
        let evaluated = clock.now
        report = COCOReport([(kind, scores)], names: categories.map(\.name))
        images = pictures.count
        instances = groundTruth.count
        detections = found.count
        durations = (opened - started, read - opened, evaluated - read)
    }
}
