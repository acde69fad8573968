import DenseKitVision

extension DataSample {
    /// The masks of the instances without crowds, one after the other: 1 inside and 0 elsewhere,
    /// `[g, h, w]` at the image's current size.
    ///
    /// Like mmdetection's `BitmapMasks`, they are drawn at the size of the file's image by
    /// pycocotools' rule, then resized (nearest), cropped, flipped and padded as the image was.
    /// - Throws: `DataError` for an instance without a shape, or with an invalid one.
    public func masks() throws -> [UInt8] {
        let things = (instances ?? []).filter { !$0.isCrowd }
        let (rows, columns) = maskSources()
        let one = rows.count * columns.count
        var masks = [UInt8](repeating: 0, count: things.count * one)
        var drawing = MaskDrawing(size: originalSize)
        for (place, thing) in things.enumerated() {
            let mask = try runLengths(of: thing)
            masks.withUnsafeMutableBufferPointer {
                drawing.copy(
                    mask, rows: rows, columns: columns,
                    into: $0[(place * one)..<((place + 1) * one)])
            }
        }
        return masks
    }

    /// The mask of one of `instances`, `[h, w]` at the image's current size: 1 inside, 0 elsewhere.
    ///
    /// - Throws: `DataError` for an instance without a shape, or with an invalid one.
    public func mask(of instance: SampleInstance) throws -> [UInt8] {
        let (rows, columns) = maskSources()
        var bitmap = [UInt8](repeating: 0, count: rows.count * columns.count)
        var drawing = MaskDrawing(size: originalSize)
        let mask = try runLengths(of: instance)
        bitmap.withUnsafeMutableBufferPointer {
            drawing.copy(mask, rows: rows, columns: columns, into: $0[...])
        }
        return bitmap
    }

    private func runLengths(of instance: SampleInstance) throws -> RunLengthMask {
        guard let shape = instance.shape else {
            throw DataError(
                name, "annotation \(instance.id) does not define what it covers",
                remedy: "set masks: false for boxes alone")
        }
        do {
            return try shape.mask(in: originalSize)
        } catch {
            throw DataError(
                name, "annotation \(instance.id): \(error)",
                remedy: "correct its segmentation, or take it out")
        }
    }
}

extension SampleInstance.Shape {
    /// The mask of the shape in an image of `size`, drawn by pycocotools' rule.
    ///
    /// - Throws: `MaskError` for invalid coordinates, and for run lengths of another size.
    public func mask(in size: Size2D) throws(MaskError) -> RunLengthMask {
        switch self {
        case .polygons(let polygons): return try RunLengthMask(polygons: polygons, size: size)
        case .runLengths(let mask):
            guard mask.size == size else { throw .sizes(mask.size, size) }
            return mask
        }
    }
}

/// Draws masks in a bitmap of the size of the file's image, and copies from there.
private struct MaskDrawing {
    private var bitmap: [UInt8]
    private let size: Size2D

    init(size: Size2D) {
        self.size = size
        bitmap = Array(repeating: 0, count: size.height * size.width)
    }

    /// - Parameters: for each row and column of the result that of the bitmap, -1 for none.
    ///   - target: zeros
    mutating func copy(
        _ mask: RunLengthMask, rows: [Int], columns: [Int],
        into target: Slice<UnsafeMutableBufferPointer<UInt8>>
    ) {
        let bounds = mask.boundingBox
        let top = Int(bounds.y)
        let bottom = Int(bounds.y + bounds.height)
        let target = UnsafeMutableBufferPointer(rebasing: target)
        bitmap.withUnsafeMutableBufferPointer { bitmap in
            bitmap[(top * size.width)..<(bottom * size.width)].update(repeating: 0)
            mask.draw(into: bitmap)
            columns.withUnsafeBufferPointer { columns in
                for (y, row) in rows.enumerated() where row >= top && row < bottom {
                    let from = row &* size.width
                    let to = y &* columns.count
                    for x in 0..<columns.count where columns[x] >= 0 {
                        target[to &+ x] = bitmap[from &+ columns[x]]
                    }
                }
            }
        }
    }
}
