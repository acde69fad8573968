import DenseKitEvaluation
import DenseKitVision
import Testing

private let white = RGBColor(255, 255, 255)
private let black = RGBColor(0, 0, 0)
private let classes = ClassList(
    names: ["sky", "tree", "ball"],
    palette: [RGBColor(0, 0, 255), RGBColor(0, 200, 0), RGBColor(255, 0, 0)])

private func color(_ image: RGBImage, _ x: Int, _ y: Int) -> RGBColor {
    let pixel = 3 * (y * image.width + x)
    return RGBColor(image.pixels[pixel], image.pixels[pixel + 1], image.pixels[pixel + 2])
}

/// The picture as rows of `#` for black and `.` for anything else.
private func art(_ image: RGBImage) -> [String] {
    (0..<image.height).map { y in
        (0..<image.width).map { color(image, $0, y) == black ? "#" : "." }.joined()
    }
}

private func canvas(_ width: Int, _ height: Int) -> ImageCanvas {
    ImageCanvas(RGBImage(height: height, width: width, fill: white))
}

@Test func textIsDrawnLetterByLetter() {
    var picture = canvas(17, 9)
    picture.text("Agé", x: 0, y: 0, black)
    #expect(
        art(picture.image) == [
            ".###.........###.",
            "#...#.......#...#",
            "#...#..####.....#",
            "#####.#...#....#.",
            "#...#.#...#...#..",
            "#...#.#...#......",
            "#...#..####...#..",
            "..........#......",
            ".......###.......",
        ])
    #expect(ImageCanvas.size(of: "Agé", scale: 2) == (34, 18))
}

@Test("Every printable character has a glyph of its own")
func glyphs() {
    let pictures = (32..<127).map { code in
        var picture = canvas(5, 9)
        picture.text(String(Character(Unicode.Scalar(UInt8(code)))), x: 0, y: 0, black)
        return art(picture.image).joined()
    }
    #expect(Set(pictures).count == 95)
    #expect(!pictures[0].contains("#"))
}

@Test("Boxes and images beyond the edges are cut")
func edges() {
    var picture = canvas(6, 5)
    picture.outline(PixelWindow(y: 1, x: -2, height: 4, width: 6), black)
    #expect(art(picture.image) == ["......", "####..", "...#..", "...#..", "####.."])
    picture = canvas(6, 5)
    for place in [(-4, -3), (4, 3)] {
        picture.paste(RGBImage(height: 4, width: 5, fill: black), x: place.0, y: place.1)
    }
    #expect(art(picture.image) == ["#.....", "......", "......", "....##", "....##"])
    let before = picture.image
    for rectangle in [
        PixelWindow(y: 0, x: 9, height: 5, width: 5), PixelWindow(y: -9, x: 0, height: 5, width: 5),
        PixelWindow(y: 1, x: 1, height: 2, width: -3),
        PixelWindow(y: 7, x: 1, height: .max, width: .max),
    ] {
        picture.fill(rectangle, black)
    }
    picture.text("text", x: -99, y: -99, black)
    picture.text("text", x: .max / 2, y: .max / 2, black)
    #expect(picture.image == before)
}

@Test("A label stands above its box, and inside where there is no room")
func labelledBoxes() {
    for (top, labelTop) in [(20, 9), (3, 3)] {
        var picture = canvas(40, 40)
        picture.box(
            PixelWindow(y: top, x: 30, height: 15, width: 8), label: "ab", RGBColor(250, 250, 0))
        let rows = (0..<40).filter { color(picture.image, 25, $0) == RGBColor(250, 250, 0) }
        #expect(rows.first == labelTop && rows.count == 11)
        #expect(art(picture.image).joined().contains("#"))
    }
}

@Test func overlayBlends() {
    let image = RGBImage(height: 1, width: 4, fill: RGBColor(100, 100, 100))
    let labels = LabelMap(height: 1, width: 4, labels: [0, 1, LabelMap.ignore, 7])
    let half = SegmentationDrawing.overlay(image, labels, classes: classes, opacity: 0.5)
    #expect(
        (0..<4).map { color(half, $0, 0) } == [
            RGBColor(50, 50, 178), RGBColor(50, 150, 50), RGBColor(100, 100, 100),
            RGBColor(100, 100, 100),
        ])
    #expect(SegmentationDrawing.overlay(image, labels, classes: classes, opacity: 0) == image)
    let map = SegmentationDrawing.map(labels, classes: classes)
    #expect(
        (0..<4).map { color(map, $0, 0) } == [
            RGBColor(0, 0, 255), RGBColor(0, 200, 0), black, black,
        ])
}

@Test("The legend names what is there, the largest first, and wraps")
func legend() {
    var labels = LabelMap(height: 50, width: 50, fill: 2)
    for i in 0..<100 { labels.labels[i] = 1 }
    let image = RGBImage(height: 50, width: 50, fill: white)
    let below = Legend(labels, classes: classes).attached(to: image)
    // Each cell is 9 + 4 letters + 10 = 42 wide and 13 high: one a row.
    #expect(below.width == 50 && below.height == 50 + 2 * 13)
    #expect(color(below, 5, 55) == classes.palette[2])
    #expect(color(below, 5, 68) == classes.palette[1])
    let right = Legend(labels, classes: classes).attached(to: image, .right)
    #expect(right.width == 50 + 42 && right.height == 50)
    #expect(color(right, 55, 5) == classes.palette[2])
    #expect(color(right, 55, 18) == classes.palette[1])
    let nothing = LabelMap(height: 50, width: 50)
    #expect(Legend(nothing, classes: classes).attached(to: image) == image)
}

@Test func picturesSideBySide() throws {
    let pictures = [
        ("left", RGBImage(height: 10, width: 30, fill: RGBColor(1, 2, 3))),
        ("a long caption", RGBImage(height: 20, width: 12, fill: black)),
    ]
    let row = try #require(SegmentationDrawing.sideBySide(pictures))
    #expect(row.width == 30 + 8 + 12 && row.height == 13 + 20)
    #expect(
        color(row, 0, 13) == RGBColor(1, 2, 3) && color(row, 38, 32) == black
            && color(row, 0, 32) == white)
    #expect(SegmentationDrawing.sideBySide([]) == nil)
}
