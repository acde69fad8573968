import DenseKitCore

/// Areas, scores of every class and their means, over the images of each case in the file.
struct SegmentationMetrics {
    private let golden: GoldenCase
    private let cases: [Case]

    private struct File: Decodable { let cases: [Case] }

    private struct Case: Decodable {
        let num_classes: Int
        let ignore_index: Int64
        let reduce_zero_label: Bool
        /// Every n-th pixel of a prediction is made to agree with its label, where that is a class.
        let agree_every: Int?
        let inputs: [GoldenCase.Entry]
        let area: [String: GoldenJSON]
        let per_class: [String: GoldenJSON]
        let summary_percent: [String: GoldenJSON]
    }

    init(_ golden: GoldenCase) throws {
        self.golden = golden
        try golden.check("config")
        try golden.check(
            "cases",
            knows:
                "num_classes ignore_index reduce_zero_label agree_every inputs area per_class summary_percent name notes"
        )
        cases = try golden.decoded(File.self).cases
    }

    func comparisons() throws -> [Comparison] {
        try cases.enumerated().flatMap { index, each in try comparisons(each, prefix: "\(index)") }
    }

    private func comparisons(_ each: Case, prefix: String) throws -> [Comparison] {
        guard (1...Int(UInt16.max)).contains(each.num_classes) else {
            throw GoldenCaseError(golden.path, "has a case of \(each.num_classes) classes")
        }
        var counts = ConfusionCounts(classCount: each.num_classes)
        for input in each.inputs where input.name.hasPrefix("pred") {
            let name = "label" + input.name.dropFirst(4)
            guard let label = each.inputs.first(where: { $0.name == name }) else {
                throw GoldenCaseError(golden.path, "has an input \(input.name) without \(name)")
            }
            let labels = try labels(label, each)
            try counts.add(prediction: predictions(input, labels, each), label: labels)
        }
        let scores = SegmentationScores(counts)
        let areas = [
            "intersect": counts.intersect, "union": counts.union, "pred": counts.predicted,
            "label": counts.labelled,
        ].mapValues { $0.map(Double.init) }
        var perClass = ["aAcc": [scores.pixelAccuracy]]
        for metric in SegmentationScores.Metric.allCases {
            perClass[metric.rawValue] = scores.perClass(metric)
        }
        let summary = scores.summary(SegmentationScores.Metric.allCases).map {
            ($0.name, [$0.percent])
        }
        return compare(areas, each.area, "\(prefix).area")
            + compare(perClass, each.per_class, "\(prefix).per_class")
            + compare(
                Dictionary(uniqueKeysWithValues: summary), each.summary_percent,
                "\(prefix).summary_percent")
    }

    private func compare(
        _ ours: [String: [Double]], _ reference: [String: GoldenJSON], _ prefix: String
    )
        -> [Comparison]
    {
        reference.sorted { $0.key < $1.key }.map { key, value in
            let name = "\(prefix).\(key)"
            guard let ours = ours[key] else {
                return Comparison(failure: name, "there is no such measure")
            }
            // null: no number, the class is absent
            let expected = (value.array ?? [value]).map { $0.number ?? .nan }
            return Comparison(name, ours: ours, reference: expected, golden.tolerance(for: name))
        }
    }

    private func labels(_ entry: GoldenCase.Entry, _ each: Case) throws -> [UInt16] {
        try golden.exactly(
            entry.integers().map { stored in
                // As mmsegmentation reduces: class 0 and 255 become 255, the others move down.
                let label =
                    !each.reduce_zero_label
                    ? stored : stored == 0 || stored == 255 ? 255 : stored - 1
                return label == each.ignore_index ? Int64(LabelMap.ignore) : label
            }, "the label")
    }

    private func predictions(_ entry: GoldenCase.Entry, _ labels: [UInt16], _ each: Case) throws
        -> [UInt16]
    {
        var predictions = try golden.exactly(entry.integers(), "the class", UInt16.self)
        if let every = each.agree_every, every > 0, predictions.count == labels.count {
            for index in stride(from: 0, to: labels.count, by: every)
            where labels[index] != LabelMap.ignore {
                predictions[index] = labels[index]
            }
        }
        return predictions
    }
}
