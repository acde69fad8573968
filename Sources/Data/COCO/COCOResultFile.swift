import CDenseKitSimdjson
import DenseKitVision

/// Reads result files in the format of COCO's evaluation server: a list of
/// `{"image_id", "category_id", "bbox" and/or "segmentation", "score"}`.
public enum COCOResultFile {
    /// One result of the file.
    public struct Entry: Sendable {
        /// Its index in the list, from 0.
        public let place: Int
        /// The id of its image: `image_id`.
        public let image: Int
        /// The id of its category: `category_id`.
        public let category: Int
        /// Its score, usually 0…1.
        public let score: Double
        /// Its `bbox`, in pixels of the image; nil where there is none, or an empty list.
        public let box: COCOBox?
        /// Its compressed run lengths; nil where there are none, or masks were not requested.
        public let mask: (size: Size2D, text: [UInt8])?
    }

    /// Calls `body` with every entry of the file, in order. The file is read in pieces of a few
    /// megabytes, so that memory use stays small.
    ///
    /// Other keys may be there. As in JSON, and unlike in Python, `NaN` and `Infinity` are no
    /// numbers.
    /// - Parameters:
    ///   - path: of the results file
    ///   - masks: whether masks are read
    ///   - body: called with each entry
    /// - Throws: `COCOResultsError` for a file that is not such a list, with the entry that lacks a
    ///   key or has a value of another type. Other errors of `body` are thrown as a
    ///   `COCOResultsError` with their description.
    public static func forEach(
        in path: String, masks: Bool, _ body: (Entry) throws -> Void
    ) throws(COCOResultsError) {
        do {
            try read(path, masks: masks, body)
        } catch let error as COCOResultsError {
            throw error
        } catch let error as DataError {
            throw COCOResultsError(
                path: path, entry: nil, problem: error.problem, remedy: error.remedy)
        } catch {
            throw COCOResultsError(path: path, entry: nil, problem: "\(error)")
        }
    }

    private static func read(_ path: String, masks: Bool, _ body: (Entry) throws -> Void) throws {
        var made: dk_coco?
        guard dk_coco_make(&made) == 0, let handle = made else {
            throw DataError(path, "cannot be parsed: no memory")
        }
        defer { dk_coco_free(handle) }
        var before = 0
        let remedy = "name a list of {image_id, category_id, score, bbox or segmentation}"
        try JSONLists(path).forEachPiece(ofListOf: "results", remedy: remedy) { piece in
            func parse(_ text: UnsafeBufferPointer<UInt8>, _ failure: inout dk_coco_failure)
                -> Int32
            {
                dk_coco_clear(handle)
                return dk_coco_results(
                    handle, text.baseAddress, text.count, masks ? 1 : 0, &failure)
            }
            var failure = dk_coco_failure()
            let status = parse(piece.text, &failure)
            var columns = dk_coco_columns()
            dk_coco_columns_of(handle, &columns)
            // Those before the one that is wrong come first.
            for (index, record) in UnsafeBufferPointer(
                start: columns.results, count: Int(columns.result_count)
            ).enumerated() {
                try body(Entry(record, place: before + index, texts: columns.names))
            }
            guard status == 0 else {
                throw error(failure, path, before: before) { piece.brokenObject(parse) }
            }
            before += piece.objects.count
        }
    }

    private static func error(
        _ failure: dk_coco_failure, _ path: String, before: Int,
        broken: () -> JSONLists.Piece.BrokenObject?
    ) -> COCOResultsError {
        let (key, expected, found) = failure.words
        let entry = before + Int(failure.element)
        switch failure.kind {
        case Int32(DK_COCO_SYNTAX):
            guard let broken = broken() else {
                return COCOResultsError(path: path, entry: nil, problem: "is no JSON: \(expected)")
            }
            return COCOResultsError(
                path: path, entry: before + broken.index,
                problem: "no JSON at byte \(broken.offset): \(broken.reason)",
                remedy: broken.isNumberless
                    ? "leave the entry out, or give it numbers" : "copy or write the file again")
        case Int32(DK_COCO_MISSING):
            return COCOResultsError(path: path, entry: entry, problem: "`\(key)` is missing")
        case Int32(DK_COCO_TYPE):
            let place = key.isEmpty ? "" : "`\(key)`: "
            return COCOResultsError(
                path: path, entry: entry, problem: "\(place)expected \(expected), found \(found)")
        default:
            return COCOResultsError(
                path: path, entry: nil, problem: "cannot be parsed: \(expected)")
        }
    }
}

extension COCOResultFile.Entry {
    fileprivate init(_ record: dk_coco_result, place: Int, texts: UnsafePointer<UInt8>?) {
        self.place = place
        image = Int(record.image)
        category = Int(record.category)
        score = record.score
        box =
            record.has_box == 0
            ? nil : COCOBox(x: record.x, y: record.y, width: record.width, height: record.height)
        guard record.has_mask != 0 else {
            mask = nil
            return
        }
        let size = Size2D(height: Int(record.mask_height), width: Int(record.mask_width))
        // No array has grown where all texts are empty.
        let text = texts.map {
            Array(
                UnsafeBufferPointer(
                    start: $0 + Int(record.mask_start), count: Int(record.mask_length)))
        }
        mask = (size, text ?? [])
    }
}
