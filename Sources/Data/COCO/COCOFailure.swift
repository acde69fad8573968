import CDenseKitSimdjson

extension dk_coco_failure {
    /// Which key it is about, what was expected there and what was found.
    var words: (key: String, expected: String, found: String) {
        (text(key), text(expected), text(found))
    }

    /// The text of a C string of a fixed length.
    private func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension JSONLists.Piece {
    /// An object of a piece that is no JSON.
    struct BrokenObject {
        /// Which object of the piece, from 0.
        let index: Int
        /// Where it begins in the file.
        let offset: Int
        let reason: String
        /// Whether it has what Python writes where there is no number.
        let isNumberless: Bool
    }

    /// Parses each object separately, to find the one that is no JSON.
    func brokenObject(_ parse: (UnsafeBufferPointer<UInt8>, inout dk_coco_failure) -> Int32)
        -> BrokenObject?
    {
        let ends = objects.dropFirst() + [text.count - 1]
        for (index, (start, end)) in zip(objects, ends).enumerated() {
            let between = Set(", \n\r\t".utf8)
            let object = Array(
                text[start..<end].reversed().drop { between.contains($0) }.reversed())
            let padded =
                [UInt8(ascii: "[")] + object + [UInt8(ascii: "]")]
                + [UInt8](repeating: 0, count: Int(DK_COCO_PADDING))
            var failure = dk_coco_failure()
            let status = padded.withUnsafeBufferPointer {
                parse(UnsafeBufferPointer(rebasing: $0[..<(object.count + 2)]), &failure)
            }
            guard status != 0, failure.kind == Int32(DK_COCO_SYNTAX) else { continue }
            let words = String(decoding: object, as: UTF8.self)
            let numberless = ["NaN", "Infinity"].first(where: words.contains)
            return BrokenObject(
                index: index, offset: offset + start,
                reason: numberless.map { "it says \($0), which is no number there" }
                    ?? failure.words.expected,
                isNumberless: numberless != nil)
        }
        return nil
    }
}
