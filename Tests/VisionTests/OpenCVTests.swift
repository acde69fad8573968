import Testing
import Vision

/// Bit for bit what OpenCV answers (opencv.json, made by make_opencv.py).
@Suite struct OpenCVTests {
    struct Case: Decodable {
        struct HSV: Decodable {
            let rows: Int
            let columns: Int
            let rgb_to_hsv: String
            let hsv_to_rgb: String
        }
        let resize: [[Cell]]
        let hsv: HSV
    }
    enum Cell: Decodable {
        case number(Int), text(String)
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self = try (try? container.decode(Int.self)).map(Cell.number) ?? .text(container.decode(String.self))
        }
        var number: Int { if case .number(let number) = self { number } else { -1 } }
        var text: String { if case .text(let text) = self { text } else { "" } }
    }

    let golden: Case

    init() throws { golden = try Goldens.json("opencv") }

    private func picture(_ name: String, _ size: Size) -> Image {
        let levels = NameSeeded(name).integers(size.height * size.width * 3, below: 256)
        return Image(height: size.height, width: size.width, pixels: levels.map(UInt8.init))
    }

    @Test func resizing() {
        #expect(golden.resize.count > 100)
        for row in golden.resize {
            let (from, to) = (
                Size(height: row[0].number, width: row[1].number), Size(height: row[2].number, width: row[3].number)
            )
            let name = "resize/\(from.height)x\(from.width)"
            #expect(digest(picture(name, from).resized(to: to).pixels) == row[4].text, "\(from) to \(to)")
            let numbers = NameSeeded(name + "/labels").integers(from.height * from.width, below: 65536).map(UInt16.init)
            let labels = LabelMap(height: from.height, width: from.width, labels: numbers).resized(to: to).labels
            #expect(digest(labels.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }) == row[5].text, "labels, \(from) to \(to)")
        }
    }

    @Test func windowsArePartsOfTheWhole() {
        for (k, row) in golden.resize.enumerated() {
            let (from, to) = (
                Size(height: row[0].number, width: row[1].number), Size(height: row[2].number, width: row[3].number)
            )
            let image = picture("window", from)
            let draws = NameSeeded("window/\(k)").integers(4, below: 1 << 20)
            let (y, x) = (draws[0] % to.height, draws[1] % to.width)
            let window = Window(y: y, x: x, height: draws[2] % (to.height - y) + 1, width: draws[3] % (to.width - x) + 1)
            #expect(
                image.resized(to: to, window: window) == image.resized(to: to).cropped(to: window), "\(from) to \(to), \(window)")
            let labels = LabelMap(
                height: from.height, width: from.width, labels: image.pixels.prefix(from.height * from.width).map(UInt16.init))
            #expect(labels.resized(to: to, window: window) == labels.resized(to: to).cropped(to: window))
        }
    }

    @Test func colours() {
        let size = Size(height: golden.hsv.rows, width: golden.hsv.columns)
        var forward = picture("hsv/rgb", size)
        forward.convertToHSV()
        #expect(digest(forward.pixels) == golden.hsv.rgb_to_hsv)
        var backward = picture("hsv/hsv", size)
        for i in stride(from: 0, to: backward.pixels.count, by: 3) { backward.pixels[i] %= 180 }
        backward.convertFromHSV()
        #expect(digest(backward.pixels) == golden.hsv.hsv_to_rgb)
    }
}
