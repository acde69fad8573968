import Foundation
import Testing

/// Changes the annotations of a file of COCO's form, each with its place in the list.
private func change(_ file: URL, _ body: (Int, inout [String: Any]) -> Void) throws {
    var content = try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var annotations = try #require(content["annotations"] as? [[String: Any]])
    for place in annotations.indices { body(place, &annotations[place]) }
    content["annotations"] = annotations
    try JSONSerialization.data(withJSONObject: content).write(to: file)
}

/// Segmentations that are none, as annotation tools write them.
private func broken(_ place: Int) -> Any {
    let forms: [Any] = [
        [Any](), NSNull(), [[5, 5, 20, 20]], [[5, 5, 20, 5, 20]],
        ["size": [3, 3], "counts": [0, 9]],
        [[0.1, 0.1, 0.2, 0.1, 0.2, 0.2]],
    ]
    return forms[place % forms.count]
}

@Test(
    "A detector of masks learns from data with segmentations that are none, and is measured on it, which is said"
)
func brokenSegmentations() throws {
    try withDetection { folder in
        for split in ["train", "val"] {
            try change(folder.appending(path: "data/annotations/instances_\(split)2017.json")) {
                place, annotation in
                // All of the first images, and some of the others.
                if place < 4 || place % 3 == 0 { annotation["segmentation"] = broken(place) }
            }
        }
        let trained = try runDensekit(["train", "run.yaml", "--work-dir", "work"], in: folder)
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(
            trained.errors.contains("Iter(train) [4/4]")
                && trained.errors.contains("  segm_mAP_50: "))
        #expect(
            trained.errors.contains(
                "annotations have no mask that can be read (annotation 1 of image 4.jpg, annotation 2 of image 4.jpg, "
            ))
        let tested = try runDensekit(
            ["test", "run.yaml", "work/iter_4", "--show-dir", "shown"], in: folder)
        #expect(tested.status == 0 && tested.output.hasPrefix("note: "), "\(tested.errors)")
    }
}

@Test(
    "coco-eval says what comes of annotation 0, and measures masks where some annotations have none"
)
func oddAnnotations() throws {
    try withTemporaryFolder { folder in
        let square = "[[10, 10, 30, 10, 30, 30, 10, 30]]"
        func annotation(_ id: Int, image: Int, _ segmentation: String) -> String {
            #"{"id": \#(id), "image_id": \#(image), "category_id": 3, "bbox": [10, 10, 20, 20], "area": 400, "segmentation": \#(segmentation)}"#
        }
        func write(_ annotations: [String]) throws {
            let images = [1, 2].map {
                #"{"id": \#($0), "file_name": "\#($0).jpg", "height": 64, "width": 64}"#
            }.joined(
                separator: ",")
            let text = #"""
                {"images": [\#(images)], "categories": [{"id": 3, "name": "cat"}], "annotations": [\#(annotations.joined(separator: ","))]}
                """#
            try Data(text.utf8).write(to: folder.appending(path: "gt.json"))
        }
        let found = #"[{"image_id": 1, "category_id": 3, "score": 0.9, "bbox": [10, 10, 20, 20]}]"#
        try Data(found.utf8).write(to: folder.appending(path: "boxes.json"))
        try write([annotation(0, image: 1, square)])
        let zero = try runDensekit(["coco-eval", "gt.json", "boxes.json"], in: folder)
        #expect(zero.status == 0 && zero.output.contains("maxDets=100 ] = 0.000"))
        #expect(
            zero.errors.contains(
                "has an annotation with the number 0, which pycocotools takes for \"no match\"; what a detector finds there"
            ))

        try Data("[]".utf8).write(to: folder.appending(path: "masks.json"))
        try write([annotation(1, image: 1, square), annotation(2, image: 2, "[]")])
        let masks = try runDensekit(
            ["coco-eval", "gt.json", "masks.json", "--type", "segm"], in: folder)
        #expect(masks.status == 0, "\(masks.errors)")
        #expect(
            masks.errors.contains(
                "warning: 1 of 2 annotations have no mask that can be read (annotation 2 of image 2.jpg): masks are measured as if each were a "
                    + "crowd that covers its box"))
    }
}
