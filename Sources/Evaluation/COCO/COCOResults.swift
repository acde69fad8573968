import DenseKitCheckpoints
import DenseKitData
import DenseKitVision
import Foundation

/// Reads and writes results files in the format of the COCO server: a list of
/// `{"image_id", "category_id", "bbox" | "segmentation", "score"}`.
public enum COCOResults {
    /// Writes the boxes or the masks of `detections`, in their order. The file is replaced as a
    /// whole or not at all.
    ///
    /// Masks are written without boxes: tools that find both take the boxes' areas for small,
    /// medium and large.
    /// - Throws: `COCOResultsError` for numbers that are not finite and for a missing mask;
    ///   `CheckpointError` where the file cannot be written.
    public static func write(
        _ detections: [COCOEvaluation.Detection], kind: COCOEvaluation.Kind, to path: String
    ) throws {
        try AtomicFile.write(to: path) { stream in
            var text: [UInt8] = [UInt8(ascii: "[")]
            func flush() throws {
                try text.withUnsafeBytes { try stream.write($0) }
                text.removeAll(keepingCapacity: true)
            }
            for (index, detection) in detections.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                try append(detection, kind, to: &text) {
                    COCOResultsError(path: path, entry: index, problem: $0)
                }
                if text.count > 1 << 20 { try flush() }
            }
            text += "]\n".utf8
            try flush()
        }
    }

    private static func append(
        _ detection: COCOEvaluation.Detection, _ kind: COCOEvaluation.Kind, to text: inout [UInt8],
        _ error: (String) -> COCOResultsError
    ) throws(COCOResultsError) {
        guard detection.score.isFinite else {
            throw error("the score is \(detection.score); expected a number")
        }
        text += "\n{\"image_id\":\(detection.image),\"category_id\":\(detection.category),".utf8
        switch kind {
        case .boxes:
            let box = detection.box
            let numbers = [box.x, box.y, box.width, box.height]
            guard numbers.allSatisfy(\.isFinite) else {
                throw error("the box is \(numbers); expected four numbers")
            }
            text += "\"bbox\":[\(numbers.map { "\($0)" }.joined(separator: ","))],".utf8
        case .masks:
            guard let mask = detection.mask else { throw error("there is no mask to write") }
            text +=
                "\"segmentation\":{\"size\":[\(mask.size.height),\(mask.size.width)],\"counts\":\""
                .utf8
            for byte in mask.compressedBytes {
                if byte == UInt8(ascii: "\\") { text.append(byte) }
                text.append(byte)
            }
            text += "\"},".utf8
        }
        text += "\"score\":\(detection.score)}".utf8
    }
}
