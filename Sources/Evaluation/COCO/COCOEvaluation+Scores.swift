import Foundation
import Synchronization

extension COCOEvaluation {
    /// Matches detections with the ground truth and computes precision and recall, on `threads`
    /// threads. The result does not depend on the number of threads.
    public func scores(threads: Int = ProcessInfo.processInfo.activeProcessorCount) -> COCOScores {
        let matches = COCOMatches(self, threads: threads)
        let count = categories.isEmpty && groups.mixesCategories ? 1 : categories.count
        // The largest first: no thread is left with it at the end.
        let order = (0..<count).sorted { size(ofCategory: $0) > size(ofCategory: $1) }
        let curves = Mutex([Int: [COCOCurve]]())
        inParallel(count, threads: threads) { index in
            let category = order[index]
            let found = COCORanking(self, matches, category: category).curves()
            curves.withLock { $0[category] = found }
        }
        var scores = COCOScores(categories: categories, count: count)
        for (category, curves) in curves.withLock({ $0 }) {
            for curve in curves { scores.add(curve, category: category) }
        }
        return scores
    }

    private func size(ofCategory category: Int) -> Int {
        guard let range = groups.byCategory[category], let first = range.first,
            let last = range.last
        else { return 0 }
        return groups.groups[last].detections.upperBound
            - groups.groups[first].detections.lowerBound
    }
}

/// Precision over recall of one category at one threshold.
struct COCOCurve: Sendable {
    let threshold: Int
    let area: Int
    let maximum: Int
    /// The largest recall.
    var recall = 0.0
    /// At each recall step; 0 where recall does not get so far.
    var precision = [Double](repeating: 0, count: COCOScores.recallSteps.count)
    var scores = [Double](repeating: 0, count: COCOScores.recallSteps.count)
}

extension COCOScores {
    fileprivate mutating func add(_ curve: COCOCurve, category: Int) {
        recall[
            Self.index(
                curve.threshold, 0, steps: 1, category, categoryCount, curve.area, curve.maximum)] =
            curve.recall
        let steps = Self.recallSteps.count
        for r in 0..<steps {
            let index = Self.index(
                curve.threshold, r, steps: steps, category, categoryCount, curve.area, curve.maximum
            )
            precision[index] = curve.precision[r]
            scores[index] = curve.scores[r]
        }
    }
}

/// All detections of a category, by descending score.
private struct COCORanking {
    /// A detection, its place in `COCOMatches.order` and its rank within its image.
    private struct Entry {
        let score: Double
        let place: Int32
        let rank: Int32
    }

    /// Where a detection is right: how many were wrong up to there, and its score.
    private struct Hit {
        let wrong: Int
        let score: Double
    }

    private let matches: COCOMatches
    private let entries: [Entry]
    /// For each area range the number of objects to find.
    private var wanted = [Int](repeating: 0, count: COCOScores.Area.allCases.count)

    init(_ evaluation: COCOEvaluation, _ matches: COCOMatches, category: Int) {
        self.matches = matches
        var entries: [Entry] = []
        for group in evaluation.groups.groups[evaluation.groups.byCategory[category] ?? 0..<0] {
            for place in group.groundTruth {
                let instance = evaluation.groundTruth[Int(evaluation.groups.groundTruth[place])]
                for (number, area) in COCOScores.Area.allCases.enumerated()
                where !instance.isCrowd && area.range.contains(instance.area) {
                    wanted[number] += 1
                }
            }
            for (rank, place) in group.detections.prefix(COCOScores.maximums[2]).enumerated() {
                let score = evaluation.detections[Int(matches.order[place])].score
                entries.append(Entry(score: score, place: Int32(place), rank: Int32(rank)))
            }
        }
        entries.sort { $0.score > $1.score }  // stable: images in their order
        self.entries = entries
    }

    /// One curve for each threshold, area and maximum where there is something to find.
    func curves() -> [COCOCurve] {
        var curves: [COCOCurve] = []
        for (area, wanted) in wanted.enumerated() where wanted > 0 {
            for (maximum, limit) in COCOScores.maximums.enumerated() {
                for (threshold, hits) in hits(area, limit).enumerated() {
                    var curve = COCOCurve(threshold: threshold, area: area, maximum: maximum)
                    curve.recall = Double(hits.count) / Double(wanted)
                    fill(&curve, hits, wanted)
                    curves.append(curve)
                }
            }
        }
        return curves
    }

    /// For each threshold the detections that are right.
    private func hits(_ area: Int, _ limit: Int) -> [[Hit]] {
        let areas = COCOScores.Area.allCases.count
        let every = COCOMatches.Flags.everyThreshold
        var hits = [[Hit]](repeating: [], count: COCOScores.thresholds.count)
        /// Wrong at every threshold, and those that are wrong at some of them.
        var wrong = 0
        var more = [Int](repeating: 0, count: hits.count)
        for entry in entries where entry.rank < limit {
            let flags = matches.flags[Int(entry.place) * areas + area]
            if flags.matched | flags.ignored == 0 {
                wrong += 1
                continue
            }
            if flags.ignored == every { continue }
            for threshold in hits.indices where flags.ignored >> threshold & 1 == 0 {
                if flags.matched >> threshold & 1 == 1 {
                    hits[threshold].append(Hit(wrong: wrong + more[threshold], score: entry.score))
                } else {
                    more[threshold] += 1
                }
            }
        }
        return hits
    }

    /// Precision at each recall step: the largest from there on.
    private func fill(_ curve: inout COCOCurve, _ hits: [Hit], _ wanted: Int) {
        var precision = hits.enumerated().map { index, hit in
            let right = Double(index + 1)
            return right / (Double(hit.wrong) + right + Double.ulpOfOne)
        }
        for index in precision.indices.dropLast().reversed() {
            precision[index] = max(precision[index], precision[index + 1])
        }
        curve.precision[0] = precision.first ?? 0
        // Recall 0 is reached by the first detection, right or wrong.
        curve.scores[0] = entries.first?.score ?? 0
        var index = 0
        for (step, recall) in COCOScores.recallSteps.enumerated().dropFirst() {
            while index < hits.count, Double(index + 1) / Double(wanted) < recall { index += 1 }
            guard index < hits.count else { break }
            curve.precision[step] = precision[index]
            curve.scores[step] = hits[index].score
        }
    }
}
