import DenseKitVision
import Testing

/// Bit for bit what OpenCV and Pillow answer: opencv.json and pillow.json, made by the scripts
/// beside them.
@Suite struct ResizeTests {
    private struct Golden: Decodable { let resize: [ResizeCase] }

    private func cases(_ backend: ResizeBackend) throws -> [ResizeCase] {
        let cases = try Goldens.json(backend == .cv2 ? "opencv" : "pillow", as: Golden.self).resize
        #expect(cases.count > 100)
        return cases
    }

    @Test(arguments: ResizeBackend.allCases) func pictures(_ backend: ResizeBackend) throws {
        for row in try cases(backend) {
            #expect(
                digest(row.picture.resized(to: row.to, backend: backend).pixels) == row.pixels,
                "\(row)")
        }
    }

    @Test func labels() throws {
        for row in try cases(.cv2) {
            let resized = row.labelMap(below: 65536).resized(to: row.to).labels
            #expect(
                digest(resized.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }) == row.labels,
                "\(row)")
        }
        for row in try cases(.pil) {
            let resized = row.labelMap(below: 256).resized(to: row.to, backend: .pil).labels
            #expect(digest(resized.map { UInt8($0) }) == row.labels, "\(row)")
        }
    }

    @Test(arguments: ResizeBackend.allCases) func windowsArePartsOfTheWhole(
        _ backend: ResizeBackend
    ) throws {
        for (index, row) in try cases(backend).enumerated() {
            let image = row.picture
            let labels = row.labelMap(below: 256)
            let window = row.window(index)
            #expect(
                image.resized(to: row.to, window: window, backend: backend)
                    == image.resized(to: row.to, backend: backend).cropped(to: window),
                "\(row), \(window)")
            #expect(
                labels.resized(to: row.to, window: window, backend: backend)
                    == labels.resized(to: row.to, backend: backend).cropped(to: window),
                "\(row), \(window)")
        }
    }
}
