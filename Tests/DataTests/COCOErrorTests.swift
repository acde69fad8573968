import DenseKitData
import DenseKitVision
import TemporaryFolders
import Testing

/// A file that is not as COCO's are, and what is said of it.
private struct WrongFile: Sendable, CustomTestStringConvertible {
    let what: String
    let text: String
    let message: String

    var testDescription: String { what }

    init(_ what: String, _ text: String, _ message: String) {
        self.what = what
        self.text = text
        self.message = message
    }

    /// With one annotation, the fields of which replace those that are right.
    init(_ what: String, _ change: String, of field: String, _ message: String) {
        let fields = [
            ("id", "5"), ("image_id", "7"), ("category_id", "18"), ("bbox", "[1, 2, 3, 4]"),
            ("area", "12"),
            ("segmentation", "[]"),
        ]
        let written = fields.compactMap { name, value -> String? in
            let value = name == field ? change : value
            return value.isEmpty ? nil : "\"\(name)\": \(value)"
        }
        self.init(
            what, cocoText(annotations: "{\(written.joined(separator: ", "))}"),
            "annotation 5\(message); correct it, or take the annotation out")
    }
}

private func place(of part: String, in text: String) -> Int {
    text.firstRange(of: part).map { text[..<$0.lowerBound].utf8.count } ?? -1
}

private let instances = "; name the file of annotations, instances_*.json"
private let again = "; copy or download it again"
private let badNumber = cocoText(
    annotations: #"{"id": 1, "area": 1}, {"id": 2, "bbox": [NaN, 0, 1, 1]}"#)
private let badWord = cocoText(
    annotations: #"{"id": 1, "area": 1}, {"id": 2, "bbox": [tru, 0, 1, 1]}"#)
private let polygons =
    " `segmentation`: expected a list of polygons, each [x0, y0, x1, y1, …], found "

private let files: [WrongFile] = [
    WrongFile("nothing", " ", "ends too early, after 1 bytes" + again),
    WrongFile(
        "results", "[{}]",
        "begins with `[`; expected an object with images, annotations, categories" + instances),
    WrongFile(
        "binary", "\u{1}",
        "begins with byte 1; expected an object with images, annotations, categories" + instances),
    WrongFile("no lists", "{}", "has no list `images`" + instances),
    WrongFile(
        "no annotations", #"{"images": [], "categories": []}"#,
        "has no list `annotations`" + instances),
    WrongFile(
        "a list twice", #"{"images": [], "images": []}"#,
        "has `images` twice; keep one of the lists"),
    WrongFile("an object for a list", #"{"images": {}}"#, "`images`: expected a list, found `{`"),
    WrongFile(
        "cut in a list", String(cocoText().prefix(300)), "ends too early, after 300 bytes" + again),
    WrongFile("cut in a string", #"{"ima"#, "ends too early, after 5 bytes" + again),
    WrongFile("a colon missing", #"{"info" 1}"#, "is no JSON at byte 8: expected `:`, found `1`"),
    WrongFile(
        "a comma missing", #"{"info": 1 "a"}"#,
        "is no JSON at byte 11: expected `,` or `}`, found `\"`"),
    WrongFile(
        "a comma missing in a list", #"{"images": [{} {}]}"#,
        "is no JSON at byte 15: expected `,` or `]`, found `{`"),
    WrongFile(
        "a value missing", #"{"info": }"#, "is no JSON at byte 9: expected a value, found `}`"),
    WrongFile("a key missing", "{1}", "is no JSON at byte 1: expected a key, found `1`"),
    WrongFile(
        "more behind", cocoText() + "x",
        "is no JSON at byte \(cocoText().utf8.count): expected the end of the file, found `x`"),
    WrongFile(
        "no number", badNumber,
        "annotation number 2, at byte \(place(of: #"{"id": 2"#, in: badNumber)), is no JSON: it says NaN, which is no number there; "
            + "take the annotation out, or give it numbers"),
    WrongFile(
        "no word", badWord,
        "annotation number 2, at byte \(place(of: #"{"id": 2"#, in: badWord)), is no JSON: Problem while parsing an atom starting with the "
            + "letter 't'; copy or download the file again"),
    WrongFile(
        "a number for an image", cocoText(images: "3"),
        "image number 1: expected an object, found a number; correct it, or take the image out"),
    WrongFile(
        "a number beyond 64 bits", cocoText(images: #"{"id": 9223372036854775808}"#),
        "image number 1 `id`: expected a whole number of 64 bits, found a larger one; correct it, or take the image out"
    ),
    WrongFile(
        "a fraction", cocoText(categories: #"{"id": 1.5}"#),
        "category number 1 `id`: expected a whole number of 64 bits, found a fraction; correct it, or take the category out"
    ),
    WrongFile(
        "no name", cocoText(categories: #"{"id": 1}"#),
        "category 1 has no `name`; add it as COCO's files have it, or take the category out"),
    WrongFile(
        "no box", cocoText(annotations: #"{"id": 5, "image_id": 7, "category_id": 18, "area": 3}"#),
        "annotation 5 has no `bbox`; add it as COCO's files have it, or take the annotation out"),
    WrongFile(
        "an image twice", cocoText(images: cocoImages + "," + cocoImages),
        "has image 7 twice; number every image differently"),
    WrongFile(
        "an annotation twice", cocoText(annotations: cocoAnnotations + "," + cocoAnnotations),
        "has annotation 1 twice; number every annotation differently"),
    WrongFile(
        "a category twice",
        cocoText(categories: #"{"id": 18, "name": "a"}, {"id": 18, "name": "b"}"#),
        "has category 18 twice; number every category differently"),
    WrongFile(
        "a name twice", cocoText(categories: #"{"id": 18, "name": "a"}, {"id": 1, "name": "a"}"#),
        "has the name `a` for the categories 18 and 1; rename one of them"),
    WrongFile(
        "an image without pixels",
        cocoText(images: #"{"id": 7, "file_name": "a", "height": 0, "width": 3}"#),
        "image 7 is 0×3; expected sides of 1…65535 pixels; correct its height and width"),
    WrongFile(
        "an image without a file",
        cocoText(images: #"{"id": 7, "file_name": "a\u0000", "height": 2, "width": 3}"#),
        "image 7 has a file_name that names no file; correct it"),
    WrongFile(
        "a box of three", "[1, 2, 3]", of: "bbox",
        " `bbox`: expected [x, y, width, height], found fewer than four numbers"),
    WrongFile(
        "a box of five", "[1, 2, 3, 4, 5]", of: "bbox",
        " `bbox`: expected [x, y, width, height], found more than four numbers"),
    WrongFile(
        "a box in words", #"["1", 2, 3, 4]"#, of: "bbox",
        " `bbox`: expected [x, y, width, height], found a string"),
    WrongFile(
        "a box far away", "[1e300, 2, 3, 4]", of: "bbox",
        " has the box [1e+300, 2.0, 3.0, 4.0]; expected pixels"),
    WrongFile(
        "an area in words", #""12""#, of: "area", " `area`: expected a number, found a string"),
    WrongFile(
        "a segmentation in words", #""x""#, of: "segmentation",
        " `segmentation`: expected polygons or run lengths, found a string"),
    WrongFile("a flat polygon", "[1, 2, 3, 4, 5, 6]", of: "segmentation", polygons + "a number"),
    WrongFile("a polygon of words", #"[["1"]]"#, of: "segmentation", polygons + "a string"),
    WrongFile(
        "run lengths without size", #"{"counts": []}"#, of: "segmentation",
        " `segmentation`: expected {counts, size}, found no size"),
    WrongFile(
        "a negative run", #"{"counts": [-1], "size": [40, 60]}"#, of: "segmentation",
        " `segmentation`: expected run lengths of 32 bits, found a negative number"),
]

@Suite struct COCOErrorTests {
    @Test(arguments: files) fileprivate func aWrongFileIsNamedWithItsCure(_ file: WrongFile) throws
    {
        let folder = try TemporaryFolder()
        let path = try folder.write("a.json", Array(file.text.utf8))
        #expect(
            message(in: folder) { _ = try COCOIndex(path, cache: noCache) } == "a.json: "
                + file.message)
    }

    @Test func noFile() throws {
        let folder = try TemporaryFolder()
        #expect(
            message(in: folder) { _ = try COCOIndex(folder.file("a.json"), cache: noCache) }
                == "a.json: no such file")
        #expect(
            message(in: folder) { _ = try COCOIndex(folder.path, cache: noCache) }
                == ".: is no regular file; a JSON file was expected")
    }

    @Test func runLengthsThatAreNoMask() throws {
        let folder = try TemporaryFolder()
        for (counts, error) in [
            ("[3]", MaskError.sum(runs: 3, size: Size2D(height: 40, width: 60))),
            (#""~""#, MaskError.character(126, index: 0)),
        ] {
            let annotation =
                #"{"id": 5, "image_id": 7, "category_id": 18, "bbox": [1, 2, 3, 4], "area": 1, "segmentation": {"size": [40, 60], "counts": \#(counts)}}"#
            let path = try folder.write("a.json", Array(cocoText(annotations: annotation).utf8))
            let index = try COCOIndex(path, cache: noCache)
            #expect(
                message(in: folder) { _ = try index.shape(of: index.annotations(ofImage: 0)[0]) }
                    == "a.json: annotation 5: \(error); correct its segmentation, or take it out")
        }
    }
}
