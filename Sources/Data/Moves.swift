import DenseKitComponents
import DenseKitVision

/// What was done to the pixels of a sample's image since it was read, in order: what boxes and
/// masks of instances must follow.
struct Moves: Sendable {
    enum Move: Sendable {
        case resize(Size2D, ResizeBackend)
        case crop(PixelWindow)
        case flip
        /// Padding below and on the right, to this size.
        case pad(Size2D)
    }

    let originalSize: Size2D
    /// The size by now, padding included.
    private(set) var size: Size2D
    /// Without padding. What is flipped, cropped or resized once it is padded counts as image
    /// altogether.
    private(set) var contentSize: Size2D
    /// What the sides were multiplied by.
    private(set) var scale: (x: Double, y: Double) = (1, 1)
    private var moves: [Move] = []
    /// Whether a prediction can be brought back to the file's image by cutting off the padding and
    /// resizing.
    private(set) var isReversible = true

    init(_ size: Size2D) {
        originalSize = size
        self.size = size
        contentSize = size
    }

    /// Takes note of `move`, and lets `instances` follow it.
    mutating func append(_ move: Move, _ instances: inout [SampleInstance]?) {
        moves.append(move)
        isReversible = isReversible && canBeUndone(move)
        switch move {
        case .resize(let target, _):
            let ratio = (
                x: Double(target.width) / Double(size.width),
                y: Double(target.height) / Double(size.height)
            )
            instances = instances?.map { $0.with(box: $0.box.resized(by: ratio, to: target)) }
            scale = (scale.x * ratio.x, scale.y * ratio.y)
            size = target
            contentSize = target
        case .crop(let window):
            instances = instances?.compactMap { instance in
                instance.box.cropped(to: window).map { instance.with(box: $0) }
            }
            size = window.size
            contentSize = window.size
        case .flip:
            instances = instances?.map {
                $0.with(box: $0.box.flippedHorizontally(width: size.width))
            }
            contentSize = size
        case .pad(let target): size = size.union(target)
        }
    }

    /// Whether predictions behind `move`, which comes next, can be mapped back to the state
    /// before it.
    private func canBeUndone(_ move: Move) -> Bool {
        switch move {
        case .resize: contentSize == size  // else the padding is scaled with the image
        case .crop(let window): window == PixelWindow(size)
        case .flip: false
        case .pad: true
        }
    }

    /// Takes note that the image has another size for unknown reasons: it counts as cut
    /// off, or padded, where boxes stay.
    mutating func changeSize(_ new: Size2D) {
        guard new != size else { return }
        moves += [.pad(new), .crop(PixelWindow(new))]
        isReversible = false
        size = new
        contentSize = new
    }

    /// For every row and every column of the image that of the file's image which its masks copy;
    /// -1 in padding.
    func sources() -> (rows: [Int], columns: [Int]) {
        var rows = Array(0..<originalSize.height)
        var columns = Array(0..<originalSize.width)
        for move in moves {
            switch move {
            case .resize(let target, let backend):
                rows = backend.nearest(
                    source: rows.count, target: target.height, range: 0..<target.height
                ).map { rows[$0] }
                columns = backend.nearest(
                    source: columns.count, target: target.width, range: 0..<target.width
                ).map {
                    columns[$0]
                }
            case .crop(let window):
                rows = Array(rows[window.y..<window.y + window.height])
                columns = Array(columns[window.x..<window.x + window.width])
            case .flip: columns.reverse()
            case .pad(let target):
                rows += Array(repeating: -1, count: max(target.height - rows.count, 0))
                columns += Array(repeating: -1, count: max(target.width - columns.count, 0))
            }
        }
        return (rows, columns)
    }

    var geometry: ImageGeometry {
        ImageGeometry(size: contentSize, paddedSize: size, originalSize: originalSize, scale: scale)
    }
}

extension SampleInstance {
    fileprivate func with(box: BoundingBox) -> SampleInstance {
        var copy = self
        copy.box = box
        return copy
    }
}
