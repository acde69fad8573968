import DenseKitCore

extension Verifier {
    func trajectory(_ golden: GoldenCase) throws -> [Comparison] { try Trajectory(golden, registry, device).comparisons() }
    func imageOperations(_ golden: GoldenCase) throws -> [Comparison] { try ImageOperations(golden).comparisons() }
    func segmentationMetrics(_ golden: GoldenCase) throws -> [Comparison] { try SegmentationMetrics(golden).comparisons() }
}
