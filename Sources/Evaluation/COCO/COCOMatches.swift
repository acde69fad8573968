import DenseKitVision
import Foundation
import Synchronization

/// Which detections were matched with objects, for every threshold and area range.
struct COCOMatches: Sendable {
    /// Bit t is set where the detection matches at threshold t.
    struct Flags: Sendable {
        var matched: UInt16
        /// Bit t is set where it counts neither for nor against.
        var ignored: UInt16

        static let everyThreshold = UInt16(1 << COCOScores.thresholds.count) - 1
    }

    /// Places in the list of detections, group after group, by descending score within a group.
    let order: [Int32]
    /// For each place of `order` one for each area range; those behind the first 100 of a group are
    /// not set.
    let flags: [Flags]

    /// The groups are matched on `threads` threads, each group by one of them: the result does not
    /// depend on their number.
    init(_ evaluation: COCOEvaluation, threads: Int) {
        let groups = evaluation.groups.groups
        let areas = COCOScores.Area.allCases.count
        let count = evaluation.groups.detections.count
        var order = evaluation.groups.detections
        flags = [Flags](unsafeUninitializedCapacity: count * areas) { flags, written in
            flags.initialize(repeating: Flags(matched: 0, ignored: 0))
            nonisolated(unsafe) let flags = flags  // each group writes in a range of its own
            order.withUnsafeMutableBufferPointer { order in
                nonisolated(unsafe) let order = order  // and sorts its own range
                let chunk = 64
                inParallel((groups.count + chunk - 1) / chunk, threads: threads) { index in
                    var matcher = COCOMatcher(evaluation)
                    for group in groups[(index * chunk)..<min(groups.count, index * chunk + chunk)]
                    {
                        let range = group.detections
                        matcher.match(
                            group, order: UnsafeMutableBufferPointer(rebasing: order[range]),
                            flags: UnsafeMutableBufferPointer(
                                rebasing: flags[
                                    (range.lowerBound * areas)..<(range.upperBound * areas)]))
                    }
                }
            }
            written = count * areas
        }
        self.order = order
    }
}

/// Calls `body` with every number below `count`, on `threads` threads.
func inParallel(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(max(threads, 1), max(count, 1))) { _ in
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            body(index)
        }
    }
}

/// Matches the groups of one image and category each; reuses its memory from group to group.
private struct COCOMatcher {
    /// An object that a detection may match.
    private struct Candidate {
        let index: Int
        let iou: Double
    }

    /// What is needed of a mask to reject most pairs without a look at its runs.
    private struct Outline {
        let box: COCOBox
        let area: Int
    }

    private static let ranges = COCOScores.Area.allCases.map(\.range)
    /// IoU that a match must reach.
    private static let least = COCOScores.thresholds.map { min($0, 1 - 1e-10) }

    private let evaluation: COCOEvaluation
    private var candidates: [Candidate] = []
    private var outlines: [Outline] = []
    /// For each object and area range the thresholds at which it is taken.
    private var taken: [UInt16] = []
    /// For each object the area ranges, as bits, in which it is ignored.
    private var ignored: [UInt8] = []

    init(_ evaluation: COCOEvaluation) { self.evaluation = evaluation }

    /// - Parameter order: the group's detections; sorted by score here.
    mutating func match(
        _ group: COCOGroups.Group, order: UnsafeMutableBufferPointer<Int32>,
        flags: UnsafeMutableBufferPointer<COCOMatches.Flags>
    ) {
        let detections = evaluation.detections
        let areas = Self.ranges.count
        var order = order
        // stable
        if order.count > 1 { order.sort { detections[Int($0)].score > detections[Int($1)].score } }
        if !order.isEmpty { prepare(group.groundTruth) }
        for (rank, index) in order.prefix(COCOScores.maximums[2]).enumerated() {
            let detection = detections[Int(index)]
            let area = findCandidates(detection, group.groundTruth)
            for (number, range) in Self.ranges.enumerated() {
                var result = COCOMatches.Flags(matched: 0, ignored: 0)
                if !candidates.isEmpty { matchOne(group.groundTruth, number, &result) }
                if !range.contains(area) {
                    result.ignored |= ~result.matched & COCOMatches.Flags.everyThreshold
                }
                flags[rank * areas + number] = result
            }
        }
    }

    private mutating func prepare(_ instances: Range<Int>) {
        taken.removeAll(keepingCapacity: true)
        ignored.removeAll(keepingCapacity: true)
        outlines.removeAll(keepingCapacity: true)
        for place in instances {
            let instance = evaluation.groundTruth[Int(evaluation.groups.groundTruth[place])]
            var bits: UInt8 = 0
            for (number, range) in Self.ranges.enumerated()
            where instance.isCrowd || !range.contains(instance.area) {
                bits |= 1 << number
            }
            ignored.append(bits)
            for _ in Self.ranges { taken.append(0) }
            if evaluation.kind == .masks, let mask = instance.mask {
                outlines.append(Outline(box: mask.boundingBox, area: mask.area))
            }
        }
    }

    /// The objects whose IoU with the detection reaches the lowest threshold.
    /// - Returns: the detection's area.
    private mutating func findCandidates(
        _ detection: COCOEvaluation.Detection, _ instances: Range<Int>
    ) -> Double {
        candidates.removeAll(keepingCapacity: true)
        guard evaluation.kind == .masks, let mask = detection.mask else {
            for (index, place) in instances.enumerated() {
                let instance = evaluation.groundTruth[Int(evaluation.groups.groundTruth[place])]
                let iou = detection.box.iou(with: instance.box, crowd: instance.isCrowd)
                if iou >= Self.least[0] { candidates.append(Candidate(index: index, iou: iou)) }
            }
            return detection.area ?? detection.box.area
        }
        let outline = instances.isEmpty ? nil : Outline(box: mask.boundingBox, area: mask.area)
        for (index, place) in instances.enumerated() {
            let instance = evaluation.groundTruth[Int(evaluation.groups.groundTruth[place])]
            guard let outline, let other = instance.mask, mask.size == other.size,
                Self.mayMatch(outline, outlines[index], crowd: instance.isCrowd)
            else { continue }
            let shared = mask.intersectionArea(with: other)
            let union =
                instance.isCrowd ? outline.area : outline.area + outlines[index].area - shared
            let iou = shared == 0 ? 0 : Double(shared) / Double(union)
            if iou >= Self.least[0] { candidates.append(Candidate(index: index, iou: iou)) }
        }
        return detection.area ?? Double(outline?.area ?? mask.area)
    }

    /// Whether masks within these boxes can share enough pixels.
    private static func mayMatch(_ one: Outline, _ other: Outline, crowd: Bool) -> Bool {
        let width =
            min(one.box.x + one.box.width, other.box.x + other.box.width)
            - max(one.box.x, other.box.x)
        let height =
            min(one.box.y + one.box.height, other.box.y + other.box.height)
            - max(one.box.y, other.box.y)
        guard width > 0, height > 0 else { return false }
        let shared = min(width * height, Double(min(one.area, other.area)))
        return shared / (crowd ? Double(one.area) : Double(one.area + other.area) - shared)
            >= least[0]
    }

    /// At each threshold the best object that is free, of those that count if there is one, else of
    /// those that are ignored. Of equal ones the last is taken.
    private mutating func matchOne(
        _ instances: Range<Int>, _ range: Int, _ result: inout COCOMatches.Flags
    ) {
        for (threshold, least) in Self.least.enumerated() {
            let bit = UInt16(1) << threshold
            guard
                let (index, isIgnored) = best(instances, range, bit, least, ignored: false).map({
                    ($0, false)
                })
                    ?? best(instances, range, bit, least, ignored: true).map({ ($0, true) })
            else { continue }
            taken[index * Self.ranges.count + range] |= bit
            if isIgnored { result.ignored |= bit }
            // As pycocotools does: a match with the annotation 0 looks like none.
            if evaluation.groundTruth[
                Int(evaluation.groups.groundTruth[instances.lowerBound + index])
            ].id != 0 {
                result.matched |= bit
            }
        }
    }

    private func best(
        _ instances: Range<Int>, _ range: Int, _ bit: UInt16, _ least: Double, ignored wanted: Bool
    ) -> Int? {
        var best = Int?.none
        var iou = least
        for candidate in candidates where candidate.iou >= iou {
            guard (ignored[candidate.index] >> range & 1 == 1) == wanted else { continue }
            let isFree = taken[candidate.index * Self.ranges.count + range] & bit == 0
            guard
                isFree
                    || evaluation.groundTruth[
                        Int(evaluation.groups.groundTruth[instances.lowerBound + candidate.index])
                    ].isCrowd
            else {
                continue
            }
            best = candidate.index
            iou = candidate.iou
        }
        return best
    }
}
