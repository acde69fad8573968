import DenseKitDetection
import DenseKitVision

/// Rows of corners as a tensor `[n, 4]`.
func boxes(_ rows: [[Float]]) throws -> Tensor {
    try Tensor.from(rows.flatMap { $0 }, shape: [rows.count, 4])
}

func ints(_ values: [Int64]) throws -> Tensor { try Tensor.from(values) }

/// The things in an image; their labels count up from 3.
func groundTruth(_ rows: [[Float]], ignored: [[Float]] = []) throws -> InstanceTargets {
    try InstanceTargets(
        boxes: boxes(rows), labels: ints(rows.indices.map { Int64($0 + 3) }),
        ignoredBoxes: boxes(ignored))
}

func isClose(_ a: [Float], _ b: [Float], _ tolerance: Float = 1e-5) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}
