import DenseKitCore

/// COCO's average precision and recall of the results beside the case, box by box and mask by mask.
struct COCOScoring {
    private let golden: GoldenCase
    private let file: File
    private let files: COCOFiles

    private struct File: Decodable {
        let files: [String: String]
        /// `bbox`, `bbox_checksums`, `bbox_AP_per_category`, `bbox_class_agnostic`,
        /// `bbox_iou_example`, and the same of `segm`.
        let expected: [String: GoldenJSON]
    }

    init(_ golden: GoldenCase) throws {
        self.golden = golden
        try golden.check("config")
        try golden.check("files", knows: "ground_truth detections_bbox detections_segm")
        file = try golden.decoded()
        files = try COCOFiles(golden, file.files)
    }

    func comparisons() throws -> [Comparison] {
        let answers = try TensorFile.load(golden.expectedOutputsPath).tensors
        var comparisons: [Comparison] = []
        var seen: Set<String> = []
        for kind in COCOEvaluation.Kind.allCases {
            guard let detections = try files.detections(kind) else { continue }
            let evaluation = try evaluation(detections, kind)
            let scores = evaluation.scores()
            let prefix = kind.rawValue
            for (key, expected) in file.expected.sorted(by: { $0.key < $1.key })
            where key == prefix || key.hasPrefix(prefix + "_") {
                seen.insert(key)
                switch key.dropFirst(prefix.count) {
                case "": comparisons += compare(scores.summary, expected, key)
                case "_class_agnostic":
                    comparisons += compare(
                        try self.evaluation(detections, kind, classAgnostic: true).scores().summary,
                        expected, key)
                case "_AP_per_category":
                    let ours = scores.categories.indices.map {
                        scores.averagePrecision(category: $0)
                    }
                    comparisons.append(compare(ours, expected.numbers, key))
                case "_checksums": comparisons += checksums(scores, expected, key)
                case "_iou_example": comparisons.append(try overlaps(evaluation, expected, key))
                default: comparisons.append(Comparison(failure: key, "there is no such measure"))
                }
            }
            for (key, reference) in answers.sorted(by: { $0.key < $1.key })
            where key.hasPrefix(prefix + ".") {
                seen.insert(key)
                comparisons.append(try compare(scores, reference, key, prefix))
            }
        }
        let missing = Set(golden.outputNames + file.expected.keys + answers.keys).subtracting(seen)
            .sorted()
        return comparisons
            + missing.map {
                Comparison(failure: $0, "there are no such results or expected outputs")
            }
    }

    private func evaluation(
        _ detections: [COCOEvaluation.Detection], _ kind: COCOEvaluation.Kind,
        classAgnostic: Bool = false
    ) throws -> COCOEvaluation {
        try COCOEvaluation(
            images: Array(files.images.keys), categories: files.categories,
            groundTruth: files.groundTruth,
            detections: detections,
            kind: kind,
            classAgnostic: classAgnostic)
    }

    private func compare(_ ours: [Double], _ reference: [Double], _ name: String) -> Comparison {
        Comparison(name, ours: ours, reference: reference, golden.tolerance(for: name))
    }

    private func compare(_ summary: [COCOScores.Measure], _ expected: GoldenJSON, _ name: String)
        -> [Comparison]
    {
        (expected.object ?? [:]).sorted { $0.key < $1.key }.map { key, value in
            guard let measure = summary.first(where: { $0.name == key }) else {
                return Comparison(failure: "\(name).\(key)", "there is no such measure")
            }
            return compare([measure.value], value.numbers, "\(name).\(key)")
        }
    }

    private func checksums(_ scores: COCOScores, _ expected: GoldenJSON, _ name: String)
        -> [Comparison]
    {
        let arrays = [
            "precision": scores.precision, "recall": scores.recall, "scores": scores.scores,
        ]
        return (expected.object ?? [:]).sorted { $0.key < $1.key }.map { key, sums in
            guard let array = arrays[key] else {
                return Comparison(failure: "\(name).\(key)", "there is no such array")
            }
            let defined = array.filter { $0 > -1 }
            let ours = [
                "sum": array.reduce(0, +), "defined": Double(defined.count),
                "sum_defined": defined.reduce(0, +),
            ]
            let names = (sums.object ?? [:]).keys.sorted()
            return compare(
                names.map { ours[$0] ?? .nan }, names.flatMap { sums[$0]?.numbers ?? [] },
                "\(name).\(key)")
        }
    }

    private func overlaps(_ evaluation: COCOEvaluation, _ expected: GoldenJSON, _ name: String)
        throws
        -> Comparison
    {
        guard let image = expected["image_id"]?.integer,
            let category = expected["category_id"]?.integer
        else {
            throw GoldenCaseError(golden.path, "has an \(name) without image_id or category_id")
        }
        let rows = evaluation.ious(image: image, category: category)
        return compare(rows.flatMap { $0 }, expected["matrix"]?.numbers ?? [], name)
    }

    /// An array of doubles, cut as the output's name defines.
    private func compare(_ scores: COCOScores, _ reference: Tensor, _ key: String, _ prefix: String)
        throws -> Comparison
    {
        let sides = [
            COCOScores.thresholds.count, COCOScores.recallSteps.count, scores.categoryCount,
            COCOScores.Area.allCases.count,
            COCOScores.maximums.count,
        ]
        let whole: (values: [Double], shape: [Int])
        switch OutputName(key).name.dropFirst(prefix.count + 1) {
        case "stats": whole = (scores.summary.map(\.value), [12])
        case "precision": whole = (scores.precision, sides)
        case "scores": whole = (scores.scores, sides)
        case "recall": whole = (scores.recall, [sides[0]] + sides[2...])
        default: return Comparison(failure: key, "there is no such array")
        }
        let ours = try OutputName(key).cut(
            whole.values.withUnsafeBytes {
                try Tensor.from(bytes: $0, shape: whole.shape, dtype: .float64).to(.cpu)
            })
        guard ours.shape == reference.shape else {
            return Comparison(
                failure: key, "shape \(ours.shape), the reference has \(reference.shape)")
        }
        return try compare(doubles(ours), doubles(reference), key)
    }

    private func doubles(_ tensor: Tensor) throws -> [Double] {
        try tensor.to(.float64).contiguous().bytes().withUnsafeBytes {
            Array($0.bindMemory(to: Double.self))
        }
    }
}
