import DenseKitVision

/// A resize that a library was asked for:
/// `[h, w, H, W, digest of the picture, digest of the labels]`.
struct ResizeCase: Decodable, CustomStringConvertible {
    let from: Size2D
    let to: Size2D
    let pixels: String
    let labels: String

    init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        from = try Size2D(height: row.decode(Int.self), width: row.decode(Int.self))
        to = try Size2D(height: row.decode(Int.self), width: row.decode(Int.self))
        pixels = try row.decode(String.self)
        labels = try row.decode(String.self)
    }

    var description: String { "\(from) to \(to)" }

    private var name: String { "resize/\(from.height)x\(from.width)" }

    var picture: RGBImage { generatedImage(name, from) }

    func labelMap(below bound: Int) -> LabelMap {
        let numbers = NameSeeded(name + "/labels").integers(from.height * from.width, below: bound)
            .map(UInt16.init)
        return LabelMap(height: from.height, width: from.width, labels: numbers)
    }

    /// Some window of the result; another one for each `index`.
    func window(_ index: Int) -> PixelWindow {
        let draws = NameSeeded("window/\(index)").integers(4, below: 1 << 20)
        let y = draws[0] % to.height
        let x = draws[1] % to.width
        return PixelWindow(
            y: y, x: x, height: draws[2] % (to.height - y) + 1, width: draws[3] % (to.width - x) + 1
        )
    }
}

/// A picture of pixels that follow from a name.
func generatedImage(_ name: String, _ size: Size2D) -> RGBImage {
    let levels = NameSeeded(name).integers(size.height * size.width * 3, below: 256)
    return RGBImage(height: size.height, width: size.width, pixels: levels.map(UInt8.init))
}
