import DenseKitEvaluation
import DenseKitVision
import Testing

private let grey = RGBColor(100, 100, 100)
private let red = RGBColor(255, 0, 0)
private let blue = RGBColor(0, 0, 255)
private let classes = ClassList(names: ["ball", "box"], palette: [red, blue])

private func color(_ image: RGBImage, _ x: Int, _ y: Int) -> RGBColor {
    let pixel = 3 * (y * image.width + x)
    return RGBColor(image.pixels[pixel], image.pixels[pixel + 1], image.pixels[pixel + 2])
}

/// A thing that fills its box.
private func thing(
    _ x1: Float, _ y1: Float, _ x2: Float, _ y2: Float, label: Int = 0, score: Float? = 0.75
) throws
    -> DetectedInstance
{
    let box = BoundingBox(x1: x1, y1: y1, x2: x2, y2: y2)
    let mask = try RunLengthMask(box: COCOBox(box), size: Size2D(height: 60, width: 120))
    return DetectedInstance(box: box, label: label, score: score, mask: mask)
}

private let canvas = RGBImage(height: 60, width: 120, fill: grey)

@Test(
    "Masks are blended with the image, their outlines are opaque, and nothing beside boxes and names is touched"
)
func masks() throws {
    var instance = try thing(40, 20, 60, 50)
    instance.box = BoundingBox(x1: 36, y1: 16, x2: 64, y2: 54)  // apart from the mask's outline
    let picture = InstanceDrawing.overlay(canvas, [instance], classes: classes, opacity: 0.5)
    #expect(color(picture, 50, 40) == RGBColor(178, 50, 50))
    #expect(
        color(picture, 40, 40) == red && color(picture, 59, 40) == red
            && color(picture, 50, 49) == red)
    #expect(color(picture, 39, 40) == grey && color(picture, 50, 51) == grey)
    #expect(
        color(picture, 36, 40) == red && color(picture, 63, 40) == red
            && color(picture, 50, 53) == red)
    #expect(
        color(picture, 35, 40) == grey && color(picture, 64, 40) == grey
            && color(picture, 50, 54) == grey)
    let boxes = InstanceDrawing.overlay(canvas, [instance], classes: classes, opacity: 0)
    #expect(
        color(boxes, 50, 40) == grey && color(boxes, 40, 40) == grey && color(boxes, 36, 40) == red)
}

@Test(
    "The name and the score stand above the box, in an ink that can be read on the class's colour")
func names() throws {
    let instances = try [thing(40, 20, 60, 50), thing(80, 20, 100, 50, label: 1, score: nil)]
    let picture = InstanceDrawing.overlay(canvas, instances, classes: classes)
    var plates = ImageCanvas(canvas)
    plates.label("ball 0.75", x: 40, y: 9, background: red)
    plates.label("box", x: 80, y: 9, background: blue)
    for y in 9..<20 {
        for x in 40..<120 {
            #expect(color(picture, x, y) == color(plates.image, x, y), "(\(x), \(y))")
        }
    }
    let crowd = DetectedInstance(
        box: BoundingBox(x1: 4, y1: 20, x2: 30, y2: 50), label: 0, isCrowd: true)
    plates = ImageCanvas(canvas)
    plates.label("ball (crowd)", x: 4, y: 9, background: red)
    #expect(
        color(InstanceDrawing.overlay(canvas, [crowd], classes: classes), 70, 15)
            == color(plates.image, 70, 15))
}

@Test("What is more certain lies above")
func order() throws {
    let sure = try thing(40, 20, 60, 50, score: 0.9)
    let unsure = try thing(40, 20, 60, 50, label: 1, score: 0.5)
    for instances in [[sure, unsure], [unsure, sure]] {
        let picture = InstanceDrawing.overlay(canvas, instances, classes: classes, opacity: 1)
        #expect(color(picture, 50, 40) == red && color(picture, 40, 40) == red)
    }
}

@Test("A small image is enlarged: each of its pixels becomes a square, masks and boxes too")
func upsamplingFactor() throws {
    let instance = try thing(40, 20, 60, 50)
    let picture = InstanceDrawing.overlay(
        canvas, [instance], classes: classes, opacity: 0.5, upsamplingFactor: 3)
    #expect(picture.size == Size2D(height: 180, width: 360))
    #expect(color(picture, 150, 120) == RGBColor(178, 50, 50))
    #expect(
        color(picture, 120, 120) == red && color(picture, 179, 120) == red
            && color(picture, 121, 120) == RGBColor(178, 50, 50))
    #expect(color(picture, 119, 120) == grey && color(picture, 180, 120) == grey)
}

@Test("Boxes that are nowhere, of no class, or of another image's mask do no harm")
func oddities() throws {
    let far = Float.greatestFiniteMagnitude
    var instances = [(Float.nan, far), (-far, far), (.infinity, -.infinity), (5, 5), (500, 400)].map
    { one, other in
        DetectedInstance(
            box: BoundingBox(x1: one, y1: one, x2: other, y2: other), label: 0, score: .nan)
    }
    instances.append(
        DetectedInstance(box: BoundingBox(x1: 1, y1: 1, x2: 9, y2: 9), label: 7, score: 1))
    let otherSize = try RunLengthMask(
        box: COCOBox(x: 0, y: 0, width: 9, height: 9), size: Size2D(height: 9, width: 9))
    instances.append(
        DetectedInstance(
            box: BoundingBox(x1: 100, y1: 40, x2: 110, y2: 50), label: 1, score: 1, mask: otherSize)
    )
    let picture = InstanceDrawing.overlay(canvas, instances, classes: classes)
    #expect(picture.size == canvas.size)
    #expect(color(picture, 100, 45) == blue && color(picture, 105, 45) == grey)
}
