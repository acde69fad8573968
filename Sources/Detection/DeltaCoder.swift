import DenseKitVision
import Glibc

/// Encodes boxes as deltas from anchors, which a regression branch predicts, and decodes them.
/// mmdetection's `DeltaXYWHBBoxCoder`.
///
/// `dx = (x − x_a) / w_a`, `dy = (y − y_a) / h_a`, `dw = log(w / w_a)`, `dh = log(h / h_a)` of
/// centres and sides, minus `means`, divided by `stds` (Girshick et al.,
/// [arXiv:1311.2524](https://arxiv.org/abs/1311.2524), appendix C).
public struct DeltaCoder: Sendable, Hashable {
    /// Means of dx, dy, dw and dh, which `encode` subtracts.
    public let means: [Double]
    /// Standard deviations of dx, dy, dw and dh, by which `encode` divides; above 0.
    public let stds: [Double]
    /// The largest factor between a side of a decoded box and the anchor's, in either direction;
    /// above 1.
    public let ratioLimit: Double

    /// A coder; by default the deltas are not normalised and sides change by a factor of at most
    /// 62.5.
    ///
    /// - Throws: `SettingError` unless there are four means and four positive standard deviations,
    ///   and the limit is above 1.
    public init(
        means: [Double] = [0, 0, 0, 0], stds: [Double] = [1, 1, 1, 1],
        ratioLimit: Double = 1000.0 / 16
    ) throws {
        guard means.count == 4, means.allSatisfy((-1e6...1e6).contains) else {
            throw SettingError(
                key: "means", "means must be 4 numbers, for dx, dy, dw and dh; found \(means)")
        }
        guard stds.count == 4, stds.allSatisfy({ $0 > 0 && $0 <= 1e6 }) else {
            throw SettingError(
                key: "stds", "stds must be 4 numbers above 0, for dx, dy, dw and dh; found \(stds)")
        }
        guard ratioLimit > 1, ratioLimit.isFinite else {
            throw SettingError(
                "the limit of a box's sides to its anchor's must be above 1, found \(ratioLimit)")
        }
        self.means = means
        self.stds = stds
        self.ratioLimit = ratioLimit
    }

    /// The deltas from `anchors` to `boxes`: `[n, 4], [n, 4] → [n, 4]`.
    ///
    /// Where a box has a side of 0 the logarithm is infinite or not a number: give such deltas no
    /// weight in a loss.
    public func encode(_ anchors: Tensor, to boxes: Tensor) throws -> Tensor {
        let from = try Centred(anchors)
        let to = try Centred(boxes)
        let deltas = try [
            (to.x - from.x) / from.width, (to.y - from.y) / from.height,
            (to.width / from.width).log(), (to.height / from.height).log(),
        ]
        return try Tensor.stack(
            deltas.enumerated().map { try ($1 - single(means[$0])) / single(stds[$0]) }, dim: -1)
    }

    /// The boxes that `deltas` from `anchors` describe, as corners in pixels:
    /// `[n, 4], [n, 4k] → [n, 4k]`.
    ///
    /// - Parameters:
    ///   - anchors: corners in pixels
    ///   - deltas: k boxes for each anchor, for example one for each class
    ///   - size: the image to which boxes are clipped; nil for no clipping
    public func decode(_ anchors: Tensor, _ deltas: Tensor, in size: Size2D? = nil) throws -> Tensor
    {
        let from = try Centred(anchors.unsqueezed(1))  // [n, 1] each
        let boxwise = try deltas.reshaped([deltas.size(0), deltas.size(1) / 4, 4])
        let raw = try (0..<4).map {  // [n, k] each
            try boxwise.selected(-1, $0) * single(stds[$0]) + single(means[$0])
        }
        let limit = log(ratioLimit)
        let x = try from.x + from.width * raw[0]
        let y = try from.y + from.height * raw[1]
        let halfWidth = try from.width * raw[2].clamped(-limit, limit).exp() * 0.5
        let halfHeight = try from.height * raw[3].clamped(-limit, limit).exp() * 0.5
        let boxes = try Tensor.stack(
            [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight], dim: -1
        )
        .reshaped(deltas.shape)
        return try size.map { try Boxes.clipped(boxes, to: $0) } ?? boxes
    }

    /// The number as deltas have it, in single precision. Numbers, not a tensor of them, so that
    /// nothing is copied to the device of the boxes.
    private func single(_ number: Double) -> Double { Double(Float(number)) }

    /// Boxes by centre and sides.
    private struct Centred {
        let (x, y): (Tensor, Tensor)
        let (width, height): (Tensor, Tensor)

        init(_ boxes: Tensor) throws {
            let (x1, y1, x2, y2) = try Boxes.corners(boxes)
            x = try (x1 + x2) * 0.5
            y = try (y1 + y2) * 0.5
            width = try x2 - x1
            height = try y2 - y1
        }
    }
}
