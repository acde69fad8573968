import DenseKitVision
import Foundation
import Testing

@testable import DenseKitCommandLine

/// The things of scenes in COCO's form.
private func file(_ indices: Range<Int>) throws -> [String: Any] {
    var file = COCOFile(labels: [4, 5, 6, 7])
    for index in indices {
        try file.add(
            DemoScene.render(seed: 2017, index: index, size: 96, crowded: true),
            fileName: "\(index).jpg")
    }
    return try #require(try JSONSerialization.jsonObject(with: file.json) as? [String: Any])
}

@Test("Scenes in COCO's form: polygons, some run lengths, crowds; boxes and areas are the masks'")
func objects() throws {
    let content = try file(0..<40)
    let images = try #require(content["images"] as? [[String: Any]])
    #expect(
        images.count == 40 && images[2]["file_name"] as? String == "2.jpg"
            && images[2]["id"] as? Int == 3)
    let categories = try #require(content["categories"] as? [[String: Any]])
    #expect(
        categories.compactMap { $0["name"] as? String } == [
            "brick wall", "tree", "ball", "striped box",
        ])
    let annotations = try #require(content["annotations"] as? [[String: Any]])
    #expect(annotations.compactMap { $0["id"] as? Int } == Array(1...annotations.count))
    var forms: [String: Int] = [:]
    for annotation in annotations {
        let crowd = try #require(annotation["iscrowd"] as? Int)
        let size = Size2D(height: 96, width: 96)
        let mask: RunLengthMask
        if let polygons = annotation["segmentation"] as? [[Double]] {
            forms["polygons", default: 0] += 1
            mask = try RunLengthMask(polygons: polygons, size: size)
        } else {
            let runs = try #require(annotation["segmentation"] as? [String: Any])
            #expect(runs["size"] as? [Int] == [96, 96])
            if let counts = runs["counts"] as? String {
                forms["strings", default: 0] += 1
                mask = try RunLengthMask(compressed: counts, size: size)
            } else {
                forms["crowds", default: 0] += 1
                #expect(crowd == 1)
                mask = try RunLengthMask(counts: #require(runs["counts"] as? [Int]), size: size)
            }
        }
        let box = try #require(annotation["bbox"] as? [Double])
        let area = try #require(annotation["area"] as? Int)
        let outline = mask.boundingBox
        // Polygons are drawn by pycocotools' rule, which may differ at the edges.
        #expect(
            abs(mask.area - area) <= area / 5,
            "annotation \(annotation["id"] ?? 0): \(mask.area) of \(area)")
        for (found, wanted) in zip([outline.x, outline.y, outline.width, outline.height], box) {
            #expect(abs(found - wanted) <= 2)
        }
    }
    #expect(
        forms["polygons", default: 0] > 60 && forms["strings", default: 0] > 20
            && forms["crowds", default: 0] > 1, "\(forms)")
}

@Test("Things of a scene lie where its labels say, each pixel in one of them")
func masksAndLabels() {
    let scene = DemoScene.render(seed: 3, index: 5, size: 64, crowded: true)
    #expect(scene.objects.count >= 2)
    for pixel in scene.labels.labels.indices {
        let owners = scene.objects.filter { $0.mask[pixel] == 1 }
        #expect(owners.count <= 1)
        if let owner = owners.first { #expect(owner.label == scene.labels.labels[pixel]) }
    }
}
