import DenseKitData
import DenseKitVision
import Foundation

/// A COCO file in which everything occurs once.
func cocoText(
    images: String = cocoImages, annotations: String = cocoAnnotations,
    categories: String = cocoCategories
) -> String {
    """
    {"info": {"year": 2017, "note": "a } in \\"words\\""}, "licenses": [], "images": [\(images)],
     "annotations": [\(annotations)], "categories": [\(categories)]}
    """
}

let cocoImages = """
    {"license": 3, "file_name": "a.jpg", "coco_url": "http://x/[a]", "height": 40, "width": 60, "id": 7},
    {"file_name": "sub/\\u00e4.jpg", "height": 60, "width": 40, "id": -9007199254740993},
    {"file_name": "empty.jpg", "height": 31, "width": 50, "id": 9223372036854775807}
    """

let cocoCategories =
    #"{"supercategory": "animal", "id": 18, "name": "dog"}, {"id": 1, "name": "person"}"#

/// Two polygons; finer coordinates; run lengths as numbers and as text; nothing.
let cocoAnnotations = """
    {"segmentation": [[1.5, 2, 30.25, 2, 30, 20.01], [40, 30, 50, 30, 50, 38, 40, 38]], "area": 350.5, "iscrowd": 0, "image_id": 7,
     "bbox": [1.5, 2.0, 48.5, 36.0], "category_id": 18, "id": 1},
    {"id": 2, "image_id": -9007199254740993, "category_id": 1, "bbox": [0, 0, 10, 10], "area": 50, "iscrowd": 0,
     "segmentation": [[0.123456789, 1, 10, 1e1, 3.0e0, 9]]},
    {"id": 3, "image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 40], "area": 40, "iscrowd": 1,
     "segmentation": {"size": [40, 60], "counts": [0, 40, 2360]}},
    {"id": 9007199254740995, "image_id": 7, "category_id": 1, "bbox": [5, 5, 20.5, 20], "area": 12, "iscrowd": 0,
     "segmentation": {"size": [40, 60], "counts": "j7:n00fP2"}},
    {"id": 5, "image_id": 7, "category_id": 18, "bbox": [5, 5, 20, 20], "area": 12}
    """

extension COCOIndex {
    /// Everything that it says.
    var summary: String {
        get throws {
            var lines = categories.map { "\($0.id) \($0.name)" }
            for place in 0..<imageCount {
                let picture = image(at: place)
                lines.append("\(picture.id) \(picture.name) \(picture.size)")
                for annotation in annotations(ofImage: place) {
                    let flags = "\(annotation.isCrowd) \(annotation.isIgnored)"
                    lines.append(
                        "  \(annotation.id) \(annotation.category) \(annotation.box) \(annotation.area) \(flags)"
                    )
                    switch try shape(of: annotation) {
                    case .polygons(let polygons): lines.append("    \(polygons)")
                    case .runLengths(let mask): lines.append("    \(mask.size) \(mask.counts)")
                    case nil: lines.append("    no shape")
                    }
                }
            }
            return lines.joined(separator: "\n")
        }
    }
}

/// A cache that cannot be.
let noCache = "/dev/null/coco"
