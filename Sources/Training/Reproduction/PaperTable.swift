import DenseKitComponents
import DenseKitConfiguration
import Foundation

/// A table of a paper: the numbers that the paper prints, and the configuration of each row.
///
/// It is read from `tables/NAME.yaml` in a folder of configurations. `Reproduction` compares it
/// with this project's numbers.
public struct PaperTable: Sendable {
    /// The name of its file without the ending.
    public let name: String
    /// Authors and title of the paper.
    public let paper: String
    /// The caption of the table.
    public let title: String
    /// Notes to print below the table.
    public let notes: [String]
    /// The rows, in the order of the paper.
    public let rows: [Row]

    /// The number of classes of the table's data set.
    public let classes: Int
    /// The size of the image that GFLOPs are counted for, in pixels.
    public let size: Size2D
    /// The average precisions that the paper prints; empty where it prints mIoU.
    public let precisions: [Precision]

    /// A kind of average precision, as evaluation reports write it and as the paper prints it.
    public struct Precision: Decodable, Sendable {
        /// What is compared: boxes or masks.
        public let kind: Kind
        /// Which of COCO's averages it is.
        public let measure: Measure
        /// The head of the column.
        public let name: String

        /// What an average precision compares.
        public enum Kind: String, CaseIterable, Decodable, Sendable {
            /// Boxes.
            case bbox
            /// Masks.
            case segm
        }

        /// COCO's averages; the raw values are their names in reports.
        public enum Measure: String, CaseIterable, Decodable, Sendable {
            /// Over IoU thresholds 0.5…0.95.
            case all = "AP"
            /// At IoU 0.5.
            case at50 = "AP50"
            /// At IoU 0.75.
            case at75 = "AP75"
            /// Of objects below 32² pixels.
            case small = "AP_small"
            /// Of objects of 32²…96² pixels.
            case medium = "AP_medium"
            /// Of objects above 96² pixels.
            case large = "AP_large"
        }

        var key: String { "\(kind.rawValue)_\(measure.rawValue)" }
    }

    /// A row: what the paper prints, and where the model is.
    public struct Row: Sendable {
        /// The name under which several rows stand, such as a backbone.
        public let group: String
        /// The name of the row in its group.
        public let name: String
        /// mIoU at a single scale, in percent; nil where the paper has none.
        public var singleScale: PrintedNumber?
        /// mIoU with test-time augmentation, in percent; nil where the paper has none.
        public var multiScale: PrintedNumber?
        /// Average precisions in percent, in the order of the table's `precisions`.
        public var precisions: [PrintedNumber] = []
        /// Multiply-adds / 1e9 of one image; nil where the paper has none.
        public var gflops: PrintedNumber?
        /// Parameters in millions; nil where the paper has none.
        public var parameters: PrintedNumber?
        /// The path of the configuration below the folder of configurations; nil where this project
        /// does not have the model.
        public var config: String?
        /// The name of the run, where the configuration is a sweep.
        public var run: String?
        /// How the paper counted transposed convolutions.
        public var count = Count.fvcore
        /// The reason why a number of this project differs by more than rounding; nil where none is
        /// known.
        public var reason: String?
        /// The path, below the folder of configurations, of the configuration whose data the row is
        /// measured on; nil for the data of `config`.
        public var dataset: String?
        /// The number of classes of the row's data set; nil for the table's.
        public var classes: Int?

        /// The name by which weights are given for the row: that of the run, or of the file; nil
        /// where there is no model.
        public var modelName: String? {
            run ?? config.map { URL(filePath: $0).deletingPathExtension().lastPathComponent }
        }
    }

    /// How multiply-adds of transposed convolutions are counted.
    public enum Count: String, CaseIterable, Decodable, Sendable {
        /// At the positions of their inputs, as fvcore does.
        case fvcore
        /// At the positions of their outputs, as fvcore did until the end of 2021.
        case transposedAtOutputs = "transposed_at_outputs"
    }

    /// Throws `ArgumentError`, with the nearest name, where no row's `modelName` is `name`.
    public func requireModel(named name: String) throws {
        let names = rows.compactMap(\.modelName)
        guard !names.contains(name) else { return }
        let near = nearestSpelling(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
        throw ArgumentError("no row of \(self.name) is called '\(name)'\(near)")
    }
}

/// A number as a paper prints it: `43.50` has another precision than `43.5`.
public struct PrintedNumber: Sendable, Decodable {
    /// The digits as they are printed.
    public let text: String
    /// The number.
    public let value: Double

    /// Reads a number; nil for a text that is no finite number above 0.
    public init?(_ text: String) {
        guard let value = Double(text), value.isFinite, value > 0 else { return nil }
        self.text = text
        self.value = value
    }

    /// Decodes a number of YAML with the digits that are written there.
    ///
    /// - Throws: `DecodingError` for what is not a number.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let node = try container.decode(YAMLNode.self)
        guard let scalar = node.scalar, !scalar.isString, let printed = PrintedNumber(scalar.text)
        else {
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

    /// Whether `number`, rounded to as many digits, is the same. An excess of rounding errors is
    /// allowed.
    public func agrees(with number: Double) -> Bool {
        abs(number - value) <= tolerance * (1 + 1e-9)
    }
}
