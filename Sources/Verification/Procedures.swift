import DenseKit

extension Verifier {
    func trajectory(_ golden: GoldenCase) throws -> [Comparison] { [] }
    func imageOperations(_ golden: GoldenCase) throws -> [Comparison] { [] }
    func segmentationMetrics(_ golden: GoldenCase) throws -> [Comparison] { [] }
}
