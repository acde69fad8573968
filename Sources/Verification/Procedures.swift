import DenseKit

extension Verifier {
    func trajectory(_ golden: GoldenCase) throws -> [Comparison] { [] }
    func imageOperations(_ golden: GoldenCase) throws -> [Comparison] { [] }
    func segmentationMetrics(_ golden: GoldenCase) throws -> [Comparison] { [] }
}
enum FilePlugins { static func install(_ p: [Located<String>], into r: Registry) throws -> Registry { r } }
