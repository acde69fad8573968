import CDenseKitSimdjson

/// The content of a COCO file of annotations, in flat arrays in the order of the file.
final class COCOColumns {
    let path: String
    /// The arrays; they live as long as this object.
    private(set) var arrays = dk_coco_columns()
    private let handle: dk_coco

    static let keys = ["images", "annotations", "categories"]

    /// - Throws: `DataError` with the annotation's number for what is not as COCO's files are.
    init(_ path: String) throws {
        self.path = path
        var made: dk_coco?
        guard dk_coco_make(&made) == 0, let made else {
            throw DataError(path, "cannot be parsed: no memory")
        }
        handle = made
        let file = try JSONLists(path)
        var counts: [String: Int] = [:]
        try file.forEachPiece(of: COCOColumns.keys) { piece in
            var failure = dk_coco_failure()
            if add(piece.key, piece.text, &failure) != 0 {
                throw error(failure, piece, before: counts[piece.key] ?? 0)
            }
            counts[piece.key, default: 0] += piece.objects.count
        }
        dk_coco_columns_of(handle, &arrays)
    }

    deinit { dk_coco_free(handle) }

    private func add(
        _ key: String, _ text: UnsafeBufferPointer<UInt8>, _ failure: inout dk_coco_failure
    ) -> Int32 {
        switch key {
        case "images": dk_coco_images(handle, text.baseAddress, text.count, &failure)
        case "categories": dk_coco_categories(handle, text.baseAddress, text.count, &failure)
        default: dk_coco_annotations(handle, text.baseAddress, text.count, &failure)
        }
    }

    // MARK: - Errors

    private static let nouns = [
        "images": "image", "annotations": "annotation", "categories": "category",
    ]

    /// - Parameter before: how many objects of the list came before the piece.
    private func error(_ failure: dk_coco_failure, _ piece: JSONLists.Piece, before: Int)
        -> DataError
    {
        let (key, expected, found) = failure.words
        let noun = COCOColumns.nouns[piece.key] ?? piece.key
        let number = before + Int(failure.element) + 1
        let subject = failure.has_id != 0 ? "\(noun) \(failure.id)" : "\(noun) number \(number)"
        switch failure.kind {
        case Int32(DK_COCO_SYNTAX):
            return syntaxError(piece, before: before, noun, reason: expected)
        case Int32(DK_COCO_MISSING):
            return DataError(
                path, "\(subject) has no `\(key)`",
                remedy: "add it as COCO's files have it, or take the \(noun) out")
        case Int32(DK_COCO_TYPE):
            return DataError(
                path,
                "\(subject)\(key.isEmpty ? "" : " `\(key)`"): expected \(expected), found \(found)",
                remedy: "correct it, or take the \(noun) out")
        default: return DataError(path, "cannot be parsed: \(expected)")
        }
    }

    private func syntaxError(_ piece: JSONLists.Piece, before: Int, _ noun: String, reason: String)
        -> DataError
    {
        guard let broken = piece.brokenObject({ add(piece.key, $0, &$1) }) else {
            return DataError(
                path, "is no JSON near byte \(piece.offset): \(reason)",
                remedy: "copy or download it again")
        }
        return DataError(
            path,
            "\(noun) number \(before + broken.index + 1), at byte \(broken.offset), is no JSON: \(broken.reason)",
            remedy: broken.isNumberless
                ? "take the \(noun) out, or give it numbers" : "copy or download the file again")
    }
}
