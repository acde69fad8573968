import DenseKitComponents
import DenseKitVision

/// The network's output for one view of an image: for every window, the embedding from which logits
/// are computed. Logits are computed a few rows at a time, so memory does not grow with classes ×
/// resolution.
public struct SegmentationView {
    /// The size of the network's input, padding included.
    let size: Size2D
    /// The part of it, at the top left, that the image fills. Predictions in the padding
    /// are ignored.
    let imageSize: Size2D
    let isFlipped: Bool
    let windows: [(window: PixelWindow, embedding: Tensor)]
    let classify: (Tensor) throws -> Tensor

    /// The views of the single images of a batch.
    func split() throws -> [SegmentationView] {
        try (0..<windows[0].embedding.size(0)).map { image in
            SegmentationView(
                size: size, imageSize: imageSize, isFlipped: isFlipped,
                windows: try windows.map { ($0.window, try $0.embedding.narrowed(0, image, 1)) },
                classify: classify)
        }
    }

    /// Logits of the image's rows in the view, windows resized to their size and averaged where
    /// they overlap. `[n, k, rows.count, imageSize.width]`
    func logits(_ rows: Range<Int>) throws -> Tensor {
        let logits = try averagedLogits(rows)
        return imageSize.width == size.width ? logits : try logits.narrowed(3, 0, imageSize.width)
    }

    /// The same of all columns, padding included.
    private func averagedLogits(_ rows: Range<Int>) throws -> Tensor {
        if windows.count == 1 { return try logits(of: 0, rows) }
        var sum: Tensor?
        var counts = [Float](repeating: 0, count: rows.count * size.width)
        for (index, entry) in windows.enumerated() {
            let window = entry.window
            let overlap = rows.clamped(to: window.y..<window.y + window.height)
            guard !overlap.isEmpty else { continue }
            let part = try logits(
                of: index, overlap.lowerBound - window.y..<overlap.upperBound - window.y)
            let total =
                try sum
                ?? Tensor.zeros(
                    [part.size(0), part.size(1), rows.count, size.width], device: part.device)
            try total.narrowed(2, overlap.lowerBound - rows.lowerBound, overlap.count).narrowed(
                3, window.x, window.width
            )
            .addInPlace(part)
            sum = total
            for row in overlap {
                let start = (row - rows.lowerBound) * size.width + window.x
                for place in start..<start + window.width { counts[place] += 1 }
            }
        }
        guard let sum else { throw SegmentationViewError.uncovered(rows) }
        return try sum / Tensor.from(counts, shape: [1, 1, rows.count, size.width]).to(sum.device)
    }

    /// Logits of some rows of a window, counted from its top.
    private func logits(of index: Int, _ rows: Range<Int>) throws -> Tensor {
        let (window, embedding) = windows[index]
        let grid = Size2D(embedding.size(2), embedding.size(3))
        let resize = BilinearRows(rows, from: grid, to: Size2D(window.height, window.width))
        let part = try embedding.narrowed(2, resize.source.lowerBound, resize.source.count)
        return try resize(classify(part).to(.float32))
    }

    /// The class of every pixel of a result of `size`, computed in strips of at most `chunk` rows:
    /// `[height, width]` int32.
    func labels(size result: Size2D, chunk: Int) throws -> Tensor {
        let parts = try strips(result.height, chunk).map { rows in
            let own =
                imageSize == result ? rows : BilinearRows(rows, from: imageSize, to: result).source
            let seen = try windows.compactMap { window, embedding in
                try windowLogits(window, embedding, rows: own)
            }
            if seen.count == 1, size == result, size == imageSize, windows.count == 1 {
                return try seen[0].logits.bilinearArgmax(
                    firstRow: seen[0].firstRow, sourceHeight: windows[0].embedding.size(2),
                    size: size, rows: rows)
            }
            return try Tensor.windowArgmax(
                seen.map(\.placed), viewWidth: size.width, imageSize: imageSize, size: result,
                rows: rows)
        }
        return parts.count == 1 ? parts[0] : try Tensor.cat(parts, dim: 0)
    }

    /// What a window knows of some of the view's rows; nil where it covers none of them.
    private func windowLogits(
        _ window: PixelWindow, _ embedding: Tensor, rows: Range<Int>
    ) throws -> (logits: Tensor, firstRow: Int, placed: Tensor.WindowLogits)? {
        let overlap = rows.clamped(to: window.y..<window.y + window.height)
        guard !overlap.isEmpty else { return nil }
        let place = Size2D(window.height, window.width)
        let resize = BilinearRows(
            overlap.lowerBound - window.y..<overlap.upperBound - window.y,
            from: Size2D(embedding.size(2), embedding.size(3)),
            to: place)
        let part = try classify(
            embedding.narrowed(2, resize.source.lowerBound, resize.source.count)
        ).to(.float32)
        let logits = try part.permuted(0, 2, 3, 1).contiguous().selected(0, 0)  // [r, w, k]
        let placed = Tensor.WindowLogits(
            logits, firstRow: resize.source.lowerBound, sourceHeight: embedding.size(2),
            y: window.y, x: window.x, size: place)
        return (logits, resize.source.lowerBound, placed)
    }
}

/// `0..<height` in pieces of at most `chunk`.
func strips(_ height: Int, _ chunk: Int) -> [Range<Int>] {
    stride(from: 0, to: height, by: chunk).map { $0..<min($0 + chunk, height) }
}

/// Windows that leave part of an image unseen.
enum SegmentationViewError: DenseKitError {
    case uncovered(Range<Int>)

    var problem: String {
        switch self {
        case .uncovered(let rows):
            "sliding windows leave rows \(rows) unseen: the stride must not exceed the crop"
        }
    }

    var origin: ErrorOrigin { .input }
}
