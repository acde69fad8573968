import DenseKitCore

/// Masks as run lengths: strings both ways, areas, boxes, polygons, unions and IoU, one comparison
/// for each vector of the file.
struct RunLengthVectors {
    private let golden: GoldenCase
    private let vectors: [Vector]

    private struct File: Decodable { let vectors: [Vector] }

    private struct Vector: Decodable {
        struct Uncompressed: Decodable {
            let size: [Int]
            let counts: [Int]
        }

        let op: String
        let size: [Int]?
        let rows: [String]?
        let rectangles: [[Int]]?
        /// One compressed string, or one for each polygon or box.
        let counts: GoldenJSON?
        let uncompressed: [Int]?
        let area: Int?
        let areas: [Int]?
        let bbox: [Double]?
        let fnv1a_row_major: String?
        let polygons: [[Double]]?
        let merged: String?
        let merged_area: Int?
        let merged_bbox: [Double]?
        let boxes: [[Double]]?
        let rle: Uncompressed?
        let dt: GoldenJSON?
        let gt: GoldenJSON?
        let iscrowd: [Int]?
        let iou: [[Double]]?
        let rles: [String]?
        let intersect: Bool?
    }

    init(_ golden: GoldenCase) throws {
        self.golden = golden
        try golden.check("config")
        try golden.check(
            "vectors",
            knows:
                "op what note size rows rectangles counts uncompressed area areas bbox fnv1a_row_major polygons merged merged_area "
                + "merged_bbox boxes rle dt gt iscrowd iou rles intersect")
        vectors = try golden.decoded(File.self).vectors
    }

    func comparisons() throws -> [Comparison] {
        try vectors.enumerated().map { index, vector in
            let name = "\(index) \(vector.op)"
            var answers = Answers()
            do {
                try answer(vector, &answers)
            } catch let error as MaskError {
                return Comparison(failure: name, "\(error)")
            }
            guard !answers.reference.isEmpty else {
                throw GoldenCaseError(golden.path, "has nothing to compare in vector \(name)")
            }
            return Comparison(
                name, ours: answers.ours, reference: answers.reference, answers.tolerance)
        }
    }

    /// Our output and the reference's, as numbers: strings byte by byte.
    private struct Answers {
        private(set) var ours: [Double] = []
        private(set) var reference: [Double] = []
        var tolerance = GoldenCase.Tolerance.exact

        mutating func add(_ ours: [Double], _ reference: [Double]?) {
            guard let reference else { return }
            // A list that is too long or too short must not be made up for by the next.
            self.ours += [Double(ours.count)] + ours
            self.reference += [Double(reference.count)] + reference
        }

        mutating func add(_ ours: String, _ reference: String?) {
            add(ours.utf8.map(Double.init), reference?.utf8.map(Double.init))
        }

        mutating func add(_ ours: Int, _ reference: Int?) {
            add([Double(ours)], reference.map { [Double($0)] })
        }
    }

    private func answer(_ vector: Vector, _ answers: inout Answers) throws {
        switch vector.op {
        case "encode": try encode(vector, &answers)
        case "frPoly":
            let polygons = try needed(vector.polygons, "polygons")
            let size = try size(vector.size)
            try compare(
                polygons.map { try RunLengthMask(polygon: $0, size: size) }, vector, &answers)
            let merged = try RunLengthMask(polygons: polygons, size: size)
            answers.add(merged.compressed, vector.merged)
            answers.add(merged.area, vector.merged_area)
            answers.add(Self.numbers(merged.boundingBox), vector.merged_bbox)
        case "frBbox":
            let boxes = try needed(vector.boxes, "boxes")
            let size = try size(vector.size)
            try compare(boxes.map { try RunLengthMask(box: box($0), size: size) }, vector, &answers)
        case "frUncompressed":
            let rle = try needed(vector.rle, "rle")
            let mask = try RunLengthMask(counts: rle.counts, size: size(rle.size))
            answers.add(mask.compressed, vector.counts?.string)
            answers.add(mask.area, vector.area)
            if let rows = vector.rows {
                answers.add(
                    mask.bitmap().map(Double.init), try bitmap(rows, mask.size).map(Double.init))
            }
        case "iou": try compareIoU(vector, &answers)
        case "bbox_iou":
            let detections = try boxes(vector.dt, "dt")
            let instances = try boxes(vector.gt, "gt")
            compareIoU(vector, &answers) { detections[$0].iou(with: instances[$1], crowd: $2) }
        case "merge":
            let size = try size(vector.size)
            let texts = try needed(vector.rles, "rles")
            let masks = try texts.map { try RunLengthMask(compressed: $0, size: size) }
            let merged =
                try vector.intersect == true
                ? RunLengthMask(intersection: masks) : RunLengthMask(union: masks)
            answers.add(merged.compressed, vector.counts?.string)
        default: throw GoldenCaseError(golden.path, "has the unknown operation '\(vector.op)'")
        }
    }

    private func encode(_ vector: Vector, _ answers: inout Answers) throws {
        let size = try size(vector.size)
        let pixels = try bitmap(vector, size)
        let mask = try RunLengthMask(bitmap: pixels, size: size)
        answers.add(mask.compressed, vector.counts?.string)
        answers.add(mask.counts.map(Double.init), vector.uncompressed?.map(Double.init))
        answers.add(mask.area, vector.area)
        answers.add(Self.numbers(mask.boundingBox), vector.bbox)
        if let text = vector.counts?.string {
            let decoded = try RunLengthMask(compressed: text, size: size).bitmap()
            answers.add(decoded.map(Double.init), pixels.map(Double.init))
            answers.add(FNV1a(decoded).digits, vector.fnv1a_row_major)
        }
    }

    private func compare(_ masks: [RunLengthMask], _ vector: Vector, _ answers: inout Answers)
        throws
    {
        let texts = try needed(vector.counts?.array?.compactMap(\.string), "counts")
        for (mask, text) in zip(masks, texts) { answers.add(mask.compressed, text) }
        answers.add(masks.count, texts.count)
        answers.add(masks.map { Double($0.area) }, vector.areas?.map(Double.init))
    }

    private func compareIoU(_ vector: Vector, _ answers: inout Answers) throws {
        let size = try size(vector.size)
        func masks(_ json: GoldenJSON?, _ key: String) throws -> [RunLengthMask] {
            try needed(json?.array?.compactMap(\.string), key).map {
                try RunLengthMask(compressed: $0, size: size)
            }
        }
        let detections = try masks(vector.dt, "dt")
        let instances = try masks(vector.gt, "gt")
        compareIoU(vector, &answers) { detections[$0].iou(with: instances[$1], crowd: $2) }
    }

    private func compareIoU(
        _ vector: Vector, _ answers: inout Answers, _ iou: (Int, Int, Bool) -> Double
    ) {
        let rows = vector.dt?.array?.count ?? 0
        let columns = vector.gt?.array?.count ?? 0
        let crowds = vector.iscrowd ?? []
        answers.tolerance = .rounding
        let ours = (0..<rows).flatMap { row in
            (0..<columns).map { iou(row, $0, $0 < crowds.count && crowds[$0] != 0) }
        }
        answers.add(ours, vector.iou?.flatMap { $0 })
    }

    private func boxes(_ json: GoldenJSON?, _ key: String) throws -> [COCOBox] {
        try needed(json?.array, key).map { try box($0.numbers) }
    }

    private func box(_ numbers: [Double]) throws -> COCOBox {
        guard numbers.count == 4 else {
            throw GoldenCaseError(golden.path, "has a box of \(numbers.count) numbers")
        }
        return COCOBox(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    }

    private static func numbers(_ box: COCOBox) -> [Double] {
        [box.x, box.y, box.width, box.height]
    }

    private func size(_ sides: [Int]?) throws -> Size2D {
        let sides = try needed(sides, "size")
        guard sides.count == 2, sides.allSatisfy({ (0...100_000).contains($0) }),
            sides[0] * sides[1] <= 1 << 28
        else {
            throw GoldenCaseError(golden.path, "has the size \(sides)")
        }
        return Size2D(height: sides[0], width: sides[1])
    }

    private func bitmap(_ vector: Vector, _ size: Size2D) throws -> [UInt8] {
        guard let rectangles = vector.rectangles else {
            return try bitmap(needed(vector.rows, "rows"), size)
        }
        var pixels = [UInt8](repeating: 0, count: size.height * size.width)
        for corners in rectangles {
            guard corners.count == 4, corners[0] >= 0, corners[1] >= 0, corners[0] <= corners[2],
                corners[1] <= corners[3],
                corners[2] <= size.width, corners[3] <= size.height
            else { throw GoldenCaseError(golden.path, "has the rectangle \(corners) in \(size)") }
            for y in corners[1]..<corners[3] {
                for x in corners[0]..<corners[2] { pixels[y * size.width + x] = 1 }
            }
        }
        return pixels
    }

    private func bitmap(_ rows: [String], _ size: Size2D) throws -> [UInt8] {
        guard rows.count == size.height, rows.allSatisfy({ $0.utf8.count == size.width }) else {
            throw GoldenCaseError(golden.path, "has rows that are not \(size)")
        }
        return rows.flatMap { $0.utf8.map { $0 == UInt8(ascii: "1") ? 1 : 0 } }
    }

    private func needed<Value>(_ value: Value?, _ key: String) throws -> Value {
        guard let value else { throw GoldenCaseError(golden.path, "has a vector without \(key)") }
        return value
    }
}
