import DenseKitData
import DenseKitVision

extension COCOResults {
    /// Reads the boxes or the masks of a COCO results file, in the file's order. Unknown keys are
    /// ignored.
    ///
    /// As in pycocotools, areas are those of the boxes where the first entry has a box, else those
    /// of the masks.
    /// - Parameters:
    ///   - path: of the results file
    ///   - kind: whether boxes or masks are read
    ///   - images: the size of each image of the data set, by its id.
    ///   - categories: the ids of the data set's categories.
    /// - Throws: `COCOResultsError` for a file that is not such a list, with the entry that lacks a
    ///   key, has a score that is not a number, names an image or a category that the data set does
    ///   not have, or has a mask that does not fit its image.
    public static func read(
        _ path: String, kind: COCOEvaluation.Kind, images: [Int: Size2D], categories: Set<Int>
    ) throws(COCOResultsError) -> [COCOEvaluation.Detection] {
        var reader = ResultReader(path: path, kind: kind, images: images, categories: categories)
        var detections: [COCOEvaluation.Detection] = []
        try COCOResultFile.forEach(in: path, masks: kind == .masks) {
            detections.append(try reader.detection($0))
        }
        return detections
    }
}

/// Makes a detection of one entry after the other.
private struct ResultReader {
    let path: String
    let kind: COCOEvaluation.Kind
    let images: [Int: Size2D]
    let categories: Set<Int>
    /// Whether boxes define how large objects are.
    private var takesBoxAreas = false

    init(path: String, kind: COCOEvaluation.Kind, images: [Int: Size2D], categories: Set<Int>) {
        self.path = path
        self.kind = kind
        self.images = images
        self.categories = categories
    }

    mutating func detection(_ entry: COCOResultFile.Entry) throws(COCOResultsError)
        -> COCOEvaluation.Detection
    {
        func error(_ problem: String, remedy: String? = nil) -> COCOResultsError {
            COCOResultsError(path: path, entry: entry.place, problem: problem, remedy: remedy)
        }
        if entry.place == 0 { takesBoxAreas = entry.box != nil }
        guard let size = images[entry.image] else {
            throw error(
                "`image_id` is \(entry.image), which the data set does not have",
                remedy: "evaluate with the annotations of the images that were detected in")
        }
        guard categories.contains(entry.category) else {
            throw error(
                "`category_id` is \(entry.category), which the data set does not have",
                remedy: "write the data set's category numbers, not class indices")
        }
        var detection = COCOEvaluation.Detection(
            image: entry.image, category: entry.category, score: entry.score,
            box: COCOBox(x: 0, y: 0, width: 0, height: 0))
        if kind == .boxes || takesBoxAreas {
            guard let box = entry.box else { throw error("`bbox` is missing") }
            detection.box = box
            detection.area = box.area
        }
        if kind == .masks {
            guard let (maskSize, text) = entry.mask else {
                throw error("`segmentation` is missing")
            }
            guard maskSize == size else {
                throw error(
                    "the mask is \(maskSize), its image \(entry.image) is \(size)",
                    remedy: "masks are as large as their images")
            }
            do {
                let mask = try RunLengthMask(compressedBytes: text, size: maskSize)
                if !takesBoxAreas { detection.box = mask.boundingBox }
                detection.mask = mask
            } catch let problem {
                throw error("`segmentation`: \(problem)")
            }
        }
        return detection
    }
}
