import DenseKitVision

/// Whether the palettes of masks agree: the same index in another colour is most likely another
/// class.
struct PaletteFindings: Sendable {
    /// The colours of the indices that one mask uses.
    struct Use: Sendable {
        let path: String
        let colors: [UInt16: RGBColor]

        /// Nil for a file without a palette, and for one that cannot be read.
        init?(_ path: String) {
            guard let palette = try? LabelFile.palette(path), let labels = try? LabelFile.read(path)
            else { return nil }
            self.path = path
            let used = labels.histogram().enumerated().filter {
                $0.element > 0 && $0.offset < palette.count
            }.map(\.offset)
            colors = Dictionary(uniqueKeysWithValues: used.map { (UInt16($0), palette[$0]) })
        }
    }

    private var uses: [(order: Int, use: Use)] = []

    mutating func add(_ use: Use, order: Int) { uses.append((order, use)) }

    /// The message on palettes that contradict each other; nil where they agree.
    var warning: String? {
        var known: [UInt16: (color: RGBColor, path: String)] = [:]
        var differing = 0
        var first = String?.none
        for (_, use) in uses.sorted(by: { $0.order < $1.order }) {
            var differs = false
            for (index, color) in use.colors.sorted(by: { $0.key < $1.key }) {
                guard let before = known[index] else {
                    known[index] = (color, use.path)
                    continue
                }
                guard before.color != color else { continue }
                differs = true
                first =
                    first
                    ?? "index \(index) is \(before.color.hex) in \(before.path) and \(color.hex) in \(use.path)"
            }
            differing += differs ? 1 : 0
        }
        guard let first else { return nil }
        return
            "the palettes of \(differing) of \(uses.count) masks contradict those before them: \(first). Labels are the indices, whatever their "
            + "colours: where a colour means a class, save all masks with one palette"
    }
}

extension RGBColor {
    /// `#FF8000`.
    fileprivate var hex: String {
        "#"
            + [red, green, blue].map {
                ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true)
            }.joined()
    }
}
