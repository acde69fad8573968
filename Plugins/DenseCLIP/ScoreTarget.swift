import DenseKitCore

extension DenseCLIP {
    /// What the auxiliary loss compares the score map with.
    public enum ScoreTarget: String, Codable, Sendable, CaseIterable {
        /// The class of every pixel: segmentation.
        case labels
        /// The filled boxes of objects on the finest level's grid: detection. Positions outside of
        /// all boxes do not count.
        case boxes
    }
}

/// Boxes as maps of their classes, on the grid of the finest level. (DenseCLIP's released detection
/// code)
struct BoxMaps {
    /// 1 where a box of the class is, `[n, k, h, w]`.
    let target: Tensor
    /// 1 where a box of any class is, `[n, 1, h, w]`.
    let mask: Tensor
    /// How many elements of the target lie under the mask.
    let counted: Int

    /// Corners are truncated to the grid and clipped to it; the right and lower edges are not part
    /// of a box, so that one within a cell leaves nothing, and the last row and column are never
    /// reached.
    ///
    /// - Parameters:
    ///   - size: of the grid
    ///   - stride: pixels of the image from one cell to the next
    init(_ instances: [InstanceTargets], classes: Int, size: Size2D, stride: Int, device: Device)
        throws
    {
        let area = size.height * size.width
        var target = [Float](repeating: 0, count: instances.count * classes * area)
        var mask = [Float](repeating: 0, count: instances.count * area)
        func cell(_ coordinate: Float, _ length: Int) -> Int {
            Int(Float.minimum(Float.maximum(coordinate / Float(stride), 0), Float(length - 1)))
        }
        // Those of all images together: a GPU is waited for twice, not twice an image.
        let corners = try Tensor.cat(instances.map(\.boxes), dim: 0).floats()
        let labels = try Tensor.cat(instances.map(\.labels), dim: 0).integers()
        var first = 0
        for (image, groundTruth) in instances.enumerated() {
            let count = groundTruth.labels.count
            defer { first += count }
            for index in first..<(first + count) {
                guard let label = Int(exactly: labels[index]), 0..<classes ~= label else {
                    throw SettingError(
                        "a box has the class \(labels[index]), and the model has classes 0…\(classes - 1)"
                    )
                }
                let left = cell(corners[4 * index], size.width)
                let right = cell(corners[4 * index + 2], size.width)
                let top = cell(corners[4 * index + 1], size.height)
                let bottom = cell(corners[4 * index + 3], size.height)
                guard left < right, top < bottom else { continue }
                for y in top..<bottom {
                    for x in left..<right {
                        target[(image * classes + label) * area + y * size.width + x] = 1
                        mask[image * area + y * size.width + x] = 1
                    }
                }
            }
        }
        counted = classes * mask.reduce(0) { $0 + Int($1) }
        self.target = try Tensor.from(
            target, shape: [instances.count, classes, size.height, size.width]
        ).to(device)
        self.mask = try Tensor.from(mask, shape: [instances.count, 1, size.height, size.width]).to(
            device)
    }
}
