import DenseKitVision

/// Operations on tensors of boxes: corners x1, y1, x2, y2 in pixels along the last dimension. The
/// right and bottom edges are not part of a box.
///
/// A box with swapped corners has the area that the formula gives, as in mmdetection, and overlaps
/// nothing.
public enum Boxes {
    /// Which boxes of two lists are compared.
    public enum Pairing: Sendable {
        /// Every box of `a` `[n, 4]` with every box of `b` `[m, 4]`: `[n, m]`.
        case all
        /// Box i of `a` with box i of `b`, `[n, 4]` both: `[n]`.
        case rows
    }

    /// Where a union or a hull has no area, what divides instead.
    private static let eps = 1e-6

    /// Width times height in square pixels. `[…, 4] → […]`
    public static func area(_ boxes: Tensor) throws -> Tensor {
        let (x1, y1, x2, y2) = try corners(boxes)
        return try (x2 - x1) * (y2 - y1)
    }

    /// Intersection over union (IoU), 0…1. `[n, 4], [m, 4] → [n, m]`; `[n]` with `.rows`
    public static func iou(_ a: Tensor, _ b: Tensor, _ pairing: Pairing = .all) throws -> Tensor {
        let pairs = try Pairs(a, b, pairing)
        let intersection = try pairs.intersection()
        return try intersection / pairs.union(intersection)
    }

    /// Intersection over the area of the box in `a` ("intersection over foreground"), 0…1.
    /// `[n, 4], [m, 4] → [n, m]`; `[n]` with `.rows`
    public static func iof(_ a: Tensor, _ b: Tensor, _ pairing: Pairing = .all) throws -> Tensor {
        let pairs = try Pairs(a, b, pairing)
        return try pairs.intersection() / pairs.areaOfA.clamped(eps)
    }

    /// Generalised IoU, -1…1: IoU minus the share of the smallest enclosing box that belongs to
    /// neither box (Rezatofighi et al., [arXiv:1902.09630](https://arxiv.org/abs/1902.09630)).
    /// `[n, 4], [m, 4] → [n, m]`; `[n]` with `.rows`
    public static func giou(_ a: Tensor, _ b: Tensor, _ pairing: Pairing = .all) throws -> Tensor {
        let pairs = try Pairs(a, b, pairing)
        let intersection = try pairs.intersection()
        let union = try pairs.union(intersection)
        let hull = try pairs.hull()
        return try intersection / union - (hull - union) / hull
    }

    /// Boxes clipped to an image of `size`. `[…, 4k] → […, 4k]`, k boxes side by side.
    public static func clipped(_ boxes: Tensor, to size: Size2D) throws -> Tensor {
        try byAxis(boxes, { try $0.clamped(0, Double(size.width)) }) {
            try $0.clamped(0, Double(size.height))
        }
    }

    /// Boxes of a resized image in pixels of the original image. `[…, 4k] → […, 4k]`, k boxes side
    /// by side.
    ///
    /// - Parameters:
    ///   - boxes: corners in pixels of the resized image
    ///   - scale: the factors by which the image's width and height were resized
    ///     (`ImageGeometry.scale`)
    public static func restored(_ boxes: Tensor, from scale: (x: Double, y: Double)) throws
        -> Tensor
    {
        try byAxis(boxes, { try $0 / single(scale.x) }) { try $0 / single(scale.y) }
    }

    /// Boxes of an original image in pixels of the resized image. `[…, 4k] → […, 4k]`, k boxes side
    /// by side.
    ///
    /// - Parameters:
    ///   - boxes: corners in pixels of the original image
    ///   - scale: the factors by which the image's width and height were resized
    ///     (`ImageGeometry.scale`)
    public static func resized(_ boxes: Tensor, by scale: (x: Double, y: Double)) throws -> Tensor {
        try byAxis(boxes, { try $0 * single(scale.x) }) { try $0 * single(scale.y) }
    }

    /// Boxes of a batch as regions of interest: `[r_i, 4]` for each image `→ [r, 5]`, with the
    /// index of the image in front of the corners.
    public static func regions(_ boxes: [Tensor]) throws -> Tensor {
        let parts = try boxes.enumerated().map { image, boxes in
            let index = try Tensor.full(
                [boxes.size(0), 1], Double(image), dtype: boxes.dtype, device: boxes.device)
            return try Tensor.cat([index, boxes], dim: 1)
        }
        return try parts.isEmpty ? Tensor.zeros([0, 5]) : Tensor.cat(parts, dim: 0)
    }

    /// The number as boxes have it, in single precision.
    private static func single(_ number: Double) -> Double { Double(Float(number)) }

    /// Changes the horizontal coordinates of `[…, 4k]` by `x` and the vertical ones by `y`. With
    /// numbers, not a tensor of them, so that nothing is copied to the boxes' device.
    private static func byAxis(
        _ boxes: Tensor, _ x: (Tensor) throws -> Tensor, _ y: (Tensor) throws -> Tensor
    ) throws -> Tensor {
        let points = try boxes.reshaped(boxes.shape.dropLast() + [boxes.size(-1) / 2, 2])
        return try Tensor.stack([x(points.selected(-1, 0)), y(points.selected(-1, 1))], dim: -1)
            .reshaped(boxes.shape)
    }

    /// The four coordinates, `[…]` each.
    static func corners(_ boxes: Tensor) throws -> (x1: Tensor, y1: Tensor, x2: Tensor, y2: Tensor)
    {
        try (
            boxes.selected(-1, 0), boxes.selected(-1, 1), boxes.selected(-1, 2),
            boxes.selected(-1, 3)
        )
    }

    /// Two lists of boxes by coordinate, in shapes that broadcast: no tensor of the pairs' corners
    /// is ever held.
    private struct Pairs {
        let a: (x1: Tensor, y1: Tensor, x2: Tensor, y2: Tensor)
        let b: (x1: Tensor, y1: Tensor, x2: Tensor, y2: Tensor)
        let areaOfA: Tensor
        let areaOfB: Tensor

        init(_ a: Tensor, _ b: Tensor, _ pairing: Pairing) throws {
            let a = pairing == .all ? try a.unsqueezed(-2) : a
            self.a = try corners(a)
            self.b = try corners(b)
            areaOfA = try area(a)
            areaOfB = try area(b)
        }

        func intersection() throws -> Tensor {
            let width = try a.x2.minimum(b.x2) - a.x1.maximum(b.x1)
            let height = try a.y2.minimum(b.y2) - a.y1.maximum(b.y1)
            return try width.clamped(0) * height.clamped(0)
        }

        func union(_ intersection: Tensor) throws -> Tensor {
            try (areaOfA + areaOfB - intersection).clamped(eps)
        }

        /// The area of the smallest box around both.
        func hull() throws -> Tensor {
            let width = try a.x2.maximum(b.x2) - a.x1.minimum(b.x1)
            let height = try a.y2.maximum(b.y2) - a.y1.minimum(b.y1)
            return try (width.clamped(0) * height.clamped(0)).clamped(eps)
        }
    }
}

extension Tensor {
    /// A whole number to reckon with integers, which then stay integers: beside a `Double` they
    /// become floating-point numbers.
    func whole(_ number: Int) throws -> Tensor {
        try Tensor.full([], Double(number), dtype: .int64, device: device)
    }
}
