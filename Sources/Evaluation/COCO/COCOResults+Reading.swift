import Foundation
import Vision

extension COCOResults {
    /// Reads the boxes or the masks of a file of results, in its order. Keys that are not needed may be there.
    ///
    /// As in pycocotools, a thing's area is that of its box where the first entry has a box, else that of its mask.
    /// - Parameters:
    ///   - images: the size of each image of the data set, by its number.
    ///   - categories: the numbers of the data set's categories.
    /// - Throws: `COCOResultsError` for a file that is no such list, with the entry that lacks a key, has a score that is no number, belongs to
    ///   an image or a category that the data set does not have, or has a mask that does not fit its image.
    public static func read(
        _ path: String, kind: COCOEvaluation.Kind, images: [Int: Size], categories: Set<Int>
    ) throws(COCOResultsError) -> [COCOEvaluation.Detection] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
        } catch {
            throw COCOResultsError(path: path, entry: nil, problem: "cannot be read: \(error.localizedDescription)")
        }
        var reader = ResultReader(kind: kind, images: images, categories: categories)
        do {
            return try data.withUnsafeBytes { bytes in try reader.read(bytes.bindMemory(to: UInt8.self)) }
        } catch {
            let problem = (error as? JSONBytes.Problem)?.text ?? (error as? ResultReader.Problem)?.text ?? "\(error)"
            let remedy = (error as? ResultReader.Problem)?.remedy
            throw COCOResultsError(path: path, entry: reader.entry, problem: problem, remedy: remedy)
        }
    }
}

/// Reads one entry after the other.
private struct ResultReader {
    struct Problem: Error {
        let text: String
        var remedy: String?
    }

    /// What an entry may say.
    private struct Fields {
        var image: Int?
        var category: Int?
        var score: Double?
        var box: Rectangle?
        var mask: (size: Size, text: [UInt8])?
    }

    let kind: COCOEvaluation.Kind
    let images: [Int: Size]
    let categories: Set<Int>
    /// The entry that is being read.
    private(set) var entry: Int?
    /// Whether boxes say how large things are.
    private var takesBoxAreas = false

    init(kind: COCOEvaluation.Kind, images: [Int: Size], categories: Set<Int>) {
        self.kind = kind
        self.images = images
        self.categories = categories
    }

    mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) throws -> [COCOEvaluation.Detection] {
        var scanner = JSONBytes(bytes)
        var detections: [COCOEvaluation.Detection] = []
        try scanner.list("a list of results") { scanner, index in
            entry = index
            detections.append(try detection(&scanner, isFirst: index == 0))
        }
        entry = nil
        try scanner.end()
        return detections
    }

    private mutating func detection(_ scanner: inout JSONBytes, isFirst: Bool) throws -> COCOEvaluation.Detection {
        var fields = Fields()
        try scanner.object("a result") { scanner, key in
            switch key {
            case "image_id": fields.image = try scanner.integer("a whole number as `image_id`")
            case "category_id": fields.category = try scanner.integer("a whole number as `category_id`")
            case "score": fields.score = try scanner.number("a number as `score`")
            case "bbox": fields.box = try box(&scanner)
            case "segmentation" where kind == .masks: fields.mask = try mask(&scanner)
            default: try scanner.skip()
            }
        }
        if isFirst { takesBoxAreas = fields.box != nil }
        return try detection(fields)
    }

    private func detection(_ fields: Fields) throws -> COCOEvaluation.Detection {
        guard let image = fields.image else { throw missing("image_id") }
        guard let category = fields.category else { throw missing("category_id") }
        guard let score = fields.score else { throw missing("score") }
        guard score.isFinite else { throw Problem(text: "`score` is \(score); expected a number") }
        guard let size = images[image] else {
            throw Problem(
                text: "`image_id` is \(image), which the data set does not have",
                remedy: "evaluate with the annotations of the images that were detected in")
        }
        guard categories.contains(category) else {
            throw Problem(
                text: "`category_id` is \(category), which the data set does not have",
                remedy: "write the data set's category numbers, not class indices")
        }
        var detection = COCOEvaluation.Detection(
            image: image, category: category, score: score, box: Rectangle(x: 0, y: 0, width: 0, height: 0))
        if kind == .boxes || takesBoxAreas {
            guard let box = fields.box else { throw missing("bbox") }
            detection.box = box
            detection.area = box.area
        }
        if kind == .masks {
            guard let (maskSize, text) = fields.mask else { throw missing("segmentation") }
            guard maskSize == size else {
                throw Problem(
                    text: "the mask is \(maskSize), its image \(image) is \(size)", remedy: "masks are as large as their images")
            }
            do {
                let mask = try RunLengthMask(compressedBytes: text, size: maskSize)
                if !takesBoxAreas { detection.box = mask.boundingBox }
                detection.mask = mask
            } catch {
                throw Problem(text: "`segmentation`: \(error)")
            }
        }
        return detection
    }

    private func missing(_ key: String) -> Problem { Problem(text: "`\(key)` is missing") }

    /// `[x, y, w, h]`; an empty list is no box.
    private func box(_ scanner: inout JSONBytes) throws -> Rectangle? {
        var numbers: [Double] = []
        try scanner.list("a box [x, y, w, h] as `bbox`") { scanner, index in
            guard index < 4 else { throw Problem(text: "`bbox` has more than four numbers; expected [x, y, w, h]") }
            numbers.append(try scanner.number("a number in `bbox`"))
        }
        if numbers.isEmpty { return nil }
        guard numbers.count == 4 else { throw Problem(text: "`bbox` has \(numbers.count) numbers; expected [x, y, w, h]") }
        guard numbers.allSatisfy(\.isFinite) else { throw Problem(text: "`bbox` is \(numbers); expected four numbers") }
        return Rectangle(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    }

    /// `{"size": [h, w], "counts": "…"}`.
    private func mask(_ scanner: inout JSONBytes) throws -> (size: Size, text: [UInt8]) {
        var (sides, text) = ([Int](), [UInt8]?.none)
        try scanner.object("a compressed mask {size, counts} as `segmentation`") { scanner, key in
            switch key {
            case "size":
                try scanner.list("[height, width] as `size`") { scanner, index in
                    guard index < 2 else { throw Problem(text: "`size` has more than two numbers; expected [height, width]") }
                    sides.append(try scanner.integer("a whole number in `size`"))
                }
            case "counts":
                var bytes: [UInt8] = []
                try scanner.string("a compressed string as `counts`", into: &bytes)
                text = bytes
            default: try scanner.skip()
            }
        }
        guard sides.count == 2 else { throw Problem(text: "`segmentation` has no `size` [height, width]") }
        guard let text else { throw missing("segmentation.counts") }
        return (Size(height: sides[0], width: sides[1]), text)
    }
}
