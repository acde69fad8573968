import DenseKitVision

/// Names and colours of the classes in a label map, the largest area first.
public struct Legend: Sendable {
    /// The side of the image at which the legend is added.
    public enum Side: Sendable {
        /// Under the image.
        case below
        /// At the right of the image.
        case right
    }

    private let entries: [(name: String, color: RGBColor)]
    private let scale: Int

    /// The legend of the classes that occur in `labels`, sorted by area.
    /// - Parameters:
    ///   - labels: the label map whose classes are listed
    ///   - classes: names and colours
    ///   - scale: pixels for a dot of the font.
    public init(_ labels: LabelMap, classes: ClassList, scale: Int = 1) {
        var areas = [Int](repeating: 0, count: classes.count)
        for label in labels.labels where label < classes.count { areas[Int(label)] += 1 }
        entries = areas.indices.filter { areas[$0] > 0 }.sorted {
            (areas[$1], $0) < (areas[$0], $1)
        }
        .map { (classes.names[$0], classes.palette[$0]) }
        self.scale = scale
    }

    /// `image` with the legend at one side, on white. Entries are laid out in columns of equal
    /// width, filled by rows below the image and by columns at its right. Below, names that are
    /// wider than the image are cut. An empty legend leaves the image unchanged.
    public func attached(to image: RGBImage, _ side: Side = .below) -> RGBImage {
        if entries.isEmpty { return image }
        let cell = (
            width: cellWidth(in: image, side),
            height: ImageCanvas.size(of: "", scale: scale).height + 4 * scale
        )
        let columns: Int
        switch side {
        case .below: columns = max(1, min(image.width / cell.width, entries.count))
        case .right:
            let rows = max(1, image.height / cell.height)
            columns = (entries.count + rows - 1) / rows
        }
        let rows = (entries.count + columns - 1) / columns
        let origin = side == .below ? (x: 0, y: image.height) : (x: image.width, y: 0)
        let height =
            side == .below
            ? image.height + rows * cell.height : max(image.height, rows * cell.height)
        let width = side == .below ? image.width : image.width + columns * cell.width
        var canvas = ImageCanvas(
            RGBImage(height: height, width: width, fill: RGBColor(255, 255, 255)))
        canvas.paste(image, x: 0, y: 0)
        for (index, entry) in entries.enumerated() {
            // Below, the order goes along the rows; at the right, down the columns.
            let (column, row) =
                side == .below ? (index % columns, index / columns) : (index / rows, index % rows)
            draw(
                entry, &canvas, x: origin.x + column * cell.width, y: origin.y + row * cell.height,
                width: cell.width)
        }
        return canvas.image
    }

    private var swatch: Int { 9 * scale }

    private func cellWidth(in image: RGBImage, _ side: Side) -> Int {
        let text = entries.map { ImageCanvas.size(of: $0.name, scale: scale).width }.max() ?? 0
        let wanted = swatch + text + 10 * scale
        return max(1, side == .below ? min(wanted, image.width) : wanted)
    }

    private func draw(
        _ entry: (name: String, color: RGBColor), _ canvas: inout ImageCanvas, x: Int, y: Int,
        width: Int
    ) {
        let square = PixelWindow(y: y + 2 * scale, x: x + 2 * scale, height: swatch, width: swatch)
        canvas.fill(square, entry.color)
        canvas.outline(square, RGBColor(90, 90, 90))
        let letters = max((width - swatch - 6 * scale) / (BitmapFont.advance * scale), 0)
        canvas.text(
            String(entry.name.prefix(letters)), x: x + swatch + 5 * scale, y: y + 3 * scale,
            RGBColor(0, 0, 0), scale: scale)
    }
}
