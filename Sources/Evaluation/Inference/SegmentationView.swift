import Components
import Vision

/// What the network saw of one view of an image: for every window the embedding that logits are made of. Logits themselves are made a
/// few rows at a time, so memory does not grow with classes × resolution.
public struct SegmentationView {
    let size: Pair
    let isFlipped: Bool
    let windows: [(window: Window, embedding: Tensor)]
    let classify: (Tensor) throws -> Tensor

    /// The views of the single images of a batch.
    func split() throws -> [SegmentationView] {
        try (0..<windows[0].embedding.size(0)).map { image in
            SegmentationView(
                size: size, isFlipped: isFlipped,
                windows: try windows.map { ($0.window, try $0.embedding.narrowed(0, image, 1)) }, classify: classify)
        }
    }

    /// Logits of the view's rows, windows resized to their size and averaged where they overlap. `[n, k, rows.count, width]`
    func logits(_ rows: Range<Int>) throws -> Tensor {
        if windows.count == 1 { return try logits(of: 0, rows) }
        var sum: Tensor?
        var counts = [Float](repeating: 0, count: rows.count * size.width)
        for (index, entry) in windows.enumerated() {
            let window = entry.window
            let overlap = rows.clamped(to: window.y..<window.y + window.height)
            guard !overlap.isEmpty else { continue }
            let part = try logits(of: index, overlap.lowerBound - window.y..<overlap.upperBound - window.y)
            let total = try sum ?? Tensor.zeros([part.size(0), part.size(1), rows.count, size.width], device: part.device)
            try total.narrowed(2, overlap.lowerBound - rows.lowerBound, overlap.count).narrowed(3, window.x, window.width)
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
        let grid = Pair(embedding.size(2), embedding.size(3))
        let resize = BilinearRows(rows, from: grid, to: Pair(window.height, window.width))
        let part = try embedding.narrowed(2, resize.source.lowerBound, resize.source.count)
        return try resize(try classify(part).to(.float32))
    }

    /// Class of every pixel, where the result has the view's own size and the view is one window: `[height, width]` int32.
    func labelsAtOwnSize(chunk: Int) throws -> Tensor {
        let embedding = windows[0].embedding
        let grid = Pair(embedding.size(2), embedding.size(3))
        let parts = try strips(size.height, chunk).map { rows in
            let source = BilinearRows(rows, from: grid, to: size).source
            let logits = try classify(try embedding.narrowed(2, source.lowerBound, source.count)).to(.float32)
            let last = try logits.permuted(0, 2, 3, 1).contiguous().selected(0, 0)  // [r, w, k]
            return try last.bilinearArgmax(firstRow: source.lowerBound, sourceHeight: grid.height, size: size, rows: rows)
        }
        return parts.count == 1 ? parts[0] : try Tensor.cat(parts, dim: 0)
    }
}

/// `0..<height` in pieces of at most `chunk`.
func strips(_ height: Int, _ chunk: Int) -> [Range<Int>] {
    stride(from: 0, to: height, by: chunk).map { $0..<min($0 + chunk, height) }
}

/// Windows that leave part of an image unseen.
enum SegmentationViewError: Error, CustomStringConvertible {
    case uncovered(Range<Int>)

    var description: String {
        switch self {
        case .uncovered(let rows): "sliding windows leave rows \(rows) unseen: the stride must not exceed the crop"
        }
    }
}
