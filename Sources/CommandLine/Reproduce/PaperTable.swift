import DenseKitCore
import Foundation

/// A table of a paper, as far as this project can fill it: what the paper prints and the
/// configuration of each row.
struct PaperTable: Sendable {
    /// What `densekit reproduce` calls it.
    let name: String
    let paper: String
    let title: String
    /// Said under the table.
    let notes: [String]
    let rows: [Row]

    /// The classes of the data set that the table is about.
    let classes: Int
    /// Of the image that GFLOPs are counted for.
    let size: Size2D
    /// What the paper measures; mIoU at one scale and at several where it is not said.
    let precisions: [Precision]

    /// A kind of average precision, as `densekit test` writes it and as the paper prints it.
    struct Precision: Decodable, Sendable {
        let kind: Kind
        let measure: Measure
        /// The column's head.
        let name: String

        enum Kind: String, CaseIterable, Decodable, Sendable { case bbox, segm }

        enum Measure: String, CaseIterable, Decodable, Sendable {
            case all = "AP"
            case at50 = "AP50"
            case at75 = "AP75"
            case small = "AP_small"
            case medium = "AP_medium"
            case large = "AP_large"
        }

        var key: String { "\(kind.rawValue)_\(measure.rawValue)" }
    }

    struct Row: Sendable {
        /// Rows of one group stand under its name: the backbone, the decoder.
        let group: String
        let name: String
        var singleScale: Printed?
        var multiScale: Printed?
        /// In the order of the table's.
        var precisions: [Printed] = []
        var gflops: Printed?
        /// In millions.
        var parameters: Printed?
        /// The file below the folder of configurations; nil where there is no such model here yet.
        var config: String?
        /// The run of that file, where it is a sweep.
        var run: String?
        /// Which of the counts of transposed convolutions the paper's GFLOPs are.
        var count = Count.fvcore
        /// Why a figure here differs from the paper's by more than rounding.
        var reason: String?
        /// The file below the folder of configurations whose data the row is measured on, where it
        /// is not the configuration's own.
        var dataset: String?
        /// The classes of the row's data set, where they are not the table's.
        var classes: Int?

        /// What `--weights` calls the row's model: its run, or its file.
        var modelName: String? {
            run ?? config.map { URL(filePath: $0).deletingPathExtension().lastPathComponent }
        }
    }

    enum Count: String, CaseIterable, Decodable, Sendable {
        case fvcore
        /// A transposed convolution at the positions of its result.
        case transposedAtOutputs = "transposed_at_outputs"
    }
}

/// A number as a paper prints it: `43.50` is not `43.5`.
struct Printed: Sendable, Decodable {
    let text: String
    let value: Double

    /// - Returns: nil for a text that is no finite number above 0
    init?(_ text: String) {
        guard let value = Double(text), value.isFinite, value > 0 else { return nil }
        self.text = text
        self.value = value
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let node = try container.decode(YAMLNode.self)
        guard let scalar = node.scalar, !scalar.isString, let printed = Printed(scalar.text) else {
            let found = node.scalar?.text ?? "no number"
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "expected a number above 0 as the paper prints it, found \(found)"
            )
        }
        self = printed
    }

    /// Half of the last printed digit.
    var tolerance: Double {
        let decimals =
            text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
        return (0..<decimals).reduce(0.5) { half, _ in half / 10 }
    }

    /// Whether `number` rounds to it. The smallest excess over half a digit is the binary
    /// fraction's.
    func agrees(with number: Double) -> Bool { abs(number - value) <= tolerance * (1 + 1e-9) }
}
