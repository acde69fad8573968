import DenseKitCore
import Foundation

/// A table of a paper, as far as this project can fill it: what the paper prints and the configuration of each row.
struct PaperTable: Sendable {
    /// What `densekit reproduce` calls it.
    let name: String
    let paper: String
    let title: String
    /// Said under the table.
    var notes: [String] = []
    let rows: [Row]

    /// The classes of the data set that the table is about.
    var classes = 150
    /// Of the image that GFLOPs are counted for.
    var size = Size2D(1024)
    /// What the paper measures; mIoU at one scale and at several where it is not said.
    var precisions: [Precision] = []

    /// A kind of average precision, as `densekit test` writes it and as the paper prints it.
    struct Precision: Sendable {
        /// `bbox` or `segm`.
        let kind: String
        /// `AP50`
        let measure: String
        /// The column's head.
        let name: String

        var key: String { "\(kind)_\(measure)" }
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
        /// The file below the folder of configurations whose data the row is measured on, where it is not the configuration's own.
        var dataset: String?
        /// The classes of the row's data set, where they are not the table's.
        var classes: Int?

        /// What `--weights` calls the row's model: its run, or its file.
        var modelName: String? {
            run ?? config.map { URL(filePath: $0).deletingPathExtension().lastPathComponent }
        }
    }

    enum Count: Sendable {
        case fvcore
        /// A transposed convolution at the positions of its result.
        case transposedAtOutputs
    }

    /// The tables of all papers, each in its paper's order.
    static let all: [PaperTable] = [table1, table2, table3, table4, table5, table6, table7, table8] + clipSPTables + icpcTables

    static let denseCLIP = "Rao et al., DenseCLIP (CVPR 2022)"
}

/// A number as a paper prints it.
struct Printed: Sendable, ExpressibleByStringLiteral, Encodable {
    let text: String
    let value: Double

    init(stringLiteral text: String) {
        self.text = text
        value = Double(text) ?? .nan
    }

    /// Half of the last printed digit.
    var tolerance: Double {
        let decimals = text.firstIndex(of: ".").map { text.distance(from: $0, to: text.endIndex) - 1 } ?? 0
        return (0..<decimals).reduce(0.5) { half, _ in half / 10 }
    }

    /// Whether `number` rounds to it. The smallest excess over half a digit is the binary fraction's.
    func agrees(with number: Double) -> Bool { abs(number - value) <= tolerance * (1 + 1e-9) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}
