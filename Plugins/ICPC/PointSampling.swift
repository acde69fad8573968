import DenseKitCore

/// Which points of a class the contrastive loss takes, by the names in YAML.
public enum PointSampling: String, Codable, Sendable, CaseIterable {
    /// In iteration t of T, a share t / T of hard points, which the score map classifies wrongly;
    /// the others are easy. Where one kind is short, the other fills up. (Eq. 7)
    case easyToHard = "easy_to_hard"
    /// Any points, easy and hard alike.
    case random
}

extension PointSampling {
    /// How many of `points` are hard in step t of T: `points · t / T` rounded, halves up. In whole
    /// numbers, so that it is exact.
    static func hard(_ points: Int, iteration t: Int, of total: Int) -> Int {
        let points = Int128(points)
        let t = Int128(max(t, 0))
        let total = Int128(max(total, 1))
        return Int(min(points, (2 * t * points + total) / (2 * total)))
    }
}

/// The positions of a batch's score maps that have a class, with what decides which are taken.
struct PointCandidates {
    /// A position by its place in the batch: `image · h · w + y · w + x`.
    struct Point {
        let place: Int
        let label: Int
        /// Whether the score map's largest score is the label's.
        let isEasy: Bool
        /// The smallest are taken first.
        let priority: Double
    }

    let points: [Point]

    /// - Parameters:
    ///   - scores: `[n, k, h, w]`
    ///   - labels: `[n, height, width]`, brought to h × w by the nearest above and to the left
    init(_ scores: Tensor, _ labels: Tensor, ignoreIndex: Int, _ draws: RandomSource) throws {
        let n = scores.size(0)
        let h = scores.size(2)
        let w = scores.size(3)
        func places(_ count: Int, of size: Int) -> [Int64] {
            (0..<count).map { Int64($0 * size / count) }
        }
        let cells = try Tensor.from(
            [places(h, of: labels.size(1)), places(w, of: labels.size(2))], on: labels.device)
        let cellLabels = try labels.indexed(1, cells[0]).indexed(2, cells[1])
        // Fetched together.
        let both = try Tensor.stack([cellLabels, scores.argmax(1)]).integers()
        let near = both[..<(n * h * w)]
        let best = both[(n * h * w)...]
        var points: [Point] = []
        for image in 0..<n {
            let priorities = try draws.uniform("contrast", image: image, count: h * w)
            for (offset, priority) in priorities.enumerated() {
                let place = image * h * w + offset
                guard near[place] != Int64(ignoreIndex) else { continue }
                points.append(
                    Point(
                        place: place, label: Int(near[place]),
                        isEasy: best[n * h * w + place] == near[place],
                        priority: priority))
            }
        }
        self.points = points
    }

    /// By class, easy before hard, each in the order of their priorities: at most `settings.points`
    /// of a class. Where one kind is short the other fills up.
    func chosen(_ settings: ContrastiveSettings, iteration: Int, of iterations: Int) -> [Point] {
        let hard = PointSampling.hard(settings.points, iteration: iteration, of: iterations)
        return Dictionary(grouping: points, by: \.label).sorted { $0.key < $1.key }.flatMap {
            _, points in
            let ordered = points.sorted { ($0.priority, $0.place) < ($1.priority, $1.place) }
            guard settings.sampling == .easyToHard else {
                return Array(ordered.prefix(settings.points))
            }
            let easy = ordered.filter(\.isEasy)
            let difficult = ordered.filter { !$0.isEasy }
            let easyCount = min(easy.count, settings.points - min(hard, difficult.count))
            return Array(easy.prefix(easyCount)) + difficult.prefix(settings.points - easyCount)
        }
    }
}
