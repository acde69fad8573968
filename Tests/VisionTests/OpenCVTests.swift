import DenseKitVision
import Testing

/// Bit for bit what OpenCV answers (opencv.json, made by make_opencv.py). Resizes are in
/// `ResizeTests`.
@Suite struct OpenCVTests {
    private struct Golden: Decodable {
        struct HSV: Decodable {
            let rows: Int
            let columns: Int
            let rgb_to_hsv: String
            let hsv_to_rgb: String
        }
        let hsv: HSV
    }

    @Test func colours() throws {
        let hsv = try Goldens.json("opencv", as: Golden.self).hsv
        let size = Size2D(height: hsv.rows, width: hsv.columns)
        var forward = generatedImage("hsv/rgb", size)
        forward.convertToHSV()
        #expect(digest(forward.pixels) == hsv.rgb_to_hsv)
        var backward = generatedImage("hsv/hsv", size)
        for i in stride(from: 0, to: backward.pixels.count, by: 3) { backward.pixels[i] %= 180 }
        backward.convertFromHSV()
        #expect(digest(backward.pixels) == hsv.hsv_to_rgb)
    }
}
