import DenseKitDistributed
import DenseKitVision

/// Pixel counts per class over any number of images: correct, predicted and labelled.
///
/// As in MMSegmentation, pixels whose label is `LabelMap.ignore` are not counted, and metrics are
/// computed from the sums over the whole set. Workers can count separately; `+=` adds their counts.
public struct ConfusionCounts: Sendable, Equatable {
    /// The number of classes.
    public let classCount: Int
    /// Pixels of each class where prediction and label agree.
    public private(set) var intersect: [Int]
    /// Labelled pixels that were predicted as each class.
    public private(set) var predicted: [Int]
    /// Pixels labelled as each class.
    public private(set) var labelled: [Int]

    /// Counts of zero for `classCount` classes.
    public init(classCount: Int) {
        self.classCount = classCount
        intersect = [Int](repeating: 0, count: classCount)
        predicted = intersect
        labelled = intersect
    }

    /// The counts of the first classes alone.
    func first(_ count: Int) -> ConfusionCounts {
        var counts = ConfusionCounts(classCount: count)
        counts.intersect = Array(intersect.prefix(count))
        counts.predicted = Array(predicted.prefix(count))
        counts.labelled = Array(labelled.prefix(count))
        return counts
    }

    /// Pixels of each class in prediction or label: `predicted + labelled - intersect`.
    public var union: [Int] {
        intersect.indices.map { predicted[$0] + labelled[$0] - intersect[$0] }
    }

    /// Counts the pixels of one image.
    /// - Throws: `ConfusionError` for maps of different sizes and for unknown classes; nothing is
    ///   counted then.
    public mutating func add(prediction: LabelMap, label: LabelMap) throws(ConfusionError) {
        guard prediction.height == label.height, prediction.width == label.width else {
            throw .sizes(
                prediction: [prediction.height, prediction.width],
                label: [label.height, label.width])
        }
        do {
            try add(prediction: prediction.labels, label: label.labels)
        } catch .outOfRange(let what, let index, _, let pixel) {
            throw .outOfRange(
                what, index, classCount: classCount,
                pixel: [pixel[0] / label.width, pixel[0] % label.width])
        }
    }

    /// Counts the pixels of one image, or of a part of one. `pixel` of an error is the index in the
    /// list.
    /// - Throws: `ConfusionError` for lists of different lengths and for unknown classes; nothing
    ///   is counted then.
    public mutating func add(prediction: [UInt16], label: [UInt16]) throws(ConfusionError) {
        guard prediction.count == label.count else {
            throw .sizes(prediction: [prediction.count], label: [label.count])
        }
        var counted = self
        try prediction.withUnsafeBufferPointer { prediction throws(ConfusionError) in
            try label.withUnsafeBufferPointer { label throws(ConfusionError) in
                try counted.addRuns(prediction, label)
            }
        }
        self = counted
    }

    /// Adds the counts of another worker.
    /// - Precondition: both have the same number of classes.
    public static func += (sum: inout ConfusionCounts, other: ConfusionCounts) {
        precondition(
            sum.classCount == other.classCount,
            "counts of different numbers of classes cannot be added")
        for i in sum.intersect.indices {
            sum.intersect[i] += other.intersect[i]
            sum.predicted[i] += other.predicted[i]
            sum.labelled[i] += other.labelled[i]
        }
    }

    /// The counts of all processes together, which all call this with the same number of classes.
    func summed(over processes: Processes) throws -> ConfusionCounts {
        let sums = try processes.sum(intersect + predicted + labelled)
        var counts = self
        counts.intersect = Array(sums[..<classCount])
        counts.predicted = Array(sums[classCount..<2 * classCount])
        counts.labelled = Array(sums[(2 * classCount)...])
        return counts
    }

    /// Label maps are made of long runs, so pixels are compared in blocks and counted run by run.
    private mutating func addRuns(
        _ prediction: UnsafeBufferPointer<UInt16>, _ label: UnsafeBufferPointer<UInt16>
    ) throws(ConfusionError) {
        typealias Block = SIMD16<UInt16>
        let width = Block.scalarCount
        let predictionBytes = UnsafeRawBufferPointer(prediction)
        let labelBytes = UnsafeRawBufferPointer(label)
        let count = label.count
        var start = 0
        while start < count {
            let p = prediction[start]
            let l = label[start]
            let pBlock = Block(repeating: p)
            let lBlock = Block(repeating: l)
            var end = start + 1
            while end + width <= count {
                let difference =
                    (predictionBytes.loadUnaligned(fromByteOffset: 2 * end, as: Block.self) ^ pBlock)
                    | (labelBytes.loadUnaligned(fromByteOffset: 2 * end, as: Block.self) ^ lBlock)
                if difference != .zero { break }
                end += width
            }
            while end < count, prediction[end] == p, label[end] == l { end += 1 }
            if l != LabelMap.ignore {
                guard l < classCount else {
                    throw .outOfRange(.label, Int(l), classCount: classCount, pixel: [start])
                }
                guard p < classCount else {
                    throw .outOfRange(.prediction, Int(p), classCount: classCount, pixel: [start])
                }
                labelled[Int(l)] += end - start
                predicted[Int(p)] += end - start
                if p == l { intersect[Int(l)] += end - start }
            }
            start = end
        }
    }
}

/// Why a prediction cannot be compared with a label map.
public enum ConfusionError: DenseKitError, Equatable {
    /// The map that holds a wrong class.
    public enum Side: String, Sendable {
        /// The map of predicted classes.
        case prediction
        /// The ground truth.
        case label
    }

    /// The two maps differ in size: `[height, width]` each, or `[count]` of plain lists.
    case sizes(prediction: [Int], label: [Int])
    /// The map with an unknown class, that class, the number of classes, and the first pixel that
    /// has it, `[y, x]`.
    case outOfRange(Side, Int, classCount: Int, pixel: [Int])

    public var origin: ErrorOrigin { .input }

    public var problem: String {
        switch self {
        case .sizes(let prediction, let label):
            "the prediction has size \(prediction) and the label \(label): resize the prediction to the label's size first."
        case .outOfRange(let side, let index, let classCount, let pixel):
            "the \(side) has class \(index) at pixel \(pixel), but there are the classes 0 to \(classCount - 1)"
                + (side == .label
                    ? " and \(LabelMap.ignore) for unlabelled pixels: map the labels when they are read."
                    : ".")
        }
    }
}
