import DenseKitCore
import Foundation

/// The files beside a case of COCO's evaluation: annotations and results.
struct COCOFiles {
    let images: [Int: Size2D]
    let categories: [Int]
    let groundTruth: [COCOEvaluation.GroundTruth]
    private let folder: URL
    private let names: [String: String]
    private let path: String

    /// - Parameter files: names of files beside the case: `ground_truth`, `detections_bbox`,
    ///   `detections_segm`.
    init(_ golden: GoldenCase, _ files: [String: String]) throws {
        path = golden.path
        folder = URL(filePath: golden.path).deletingLastPathComponent()
        names = files
        guard let name = files["ground_truth"] else {
            throw GoldenCaseError(path, "names no ground_truth")
        }
        let file = folder.appending(path: name)
        let json: GoldenJSON
        do {
            json = try JSONDecoder().decode(GoldenJSON.self, from: Data(contentsOf: file))
        } catch {
            throw GoldenCaseError(
                file.path, "cannot be read as annotations: \(GoldenCaseError.sentence(error))")
        }
        func list(_ key: String) throws -> [GoldenJSON] {
            guard let list = json[key]?.array else {
                throw GoldenCaseError(file.path, "has no list \(key)")
            }
            return list
        }
        let reader = Reader(path: file.path)
        let sizes = try list("images").map { image in
            try (
                reader.integer(image, "id"),
                Size2D(
                    height: reader.integer(image, "height"), width: reader.integer(image, "width"))
            )
        }
        images = Dictionary(sizes) { first, _ in first }
        categories = try list("categories").map { try reader.integer($0, "id") }
        groundTruth = try list("annotations").map { [images] in try reader.instance($0, images) }
    }

    /// The results of one kind, where the case has them.
    func detections(_ kind: COCOEvaluation.Kind) throws -> [COCOEvaluation.Detection]? {
        guard let name = names["detections_" + kind.rawValue] else { return nil }
        return try COCOResults.read(
            folder.appending(path: name).path, kind: kind, images: images,
            categories: Set(categories))
    }

    private struct Reader {
        let path: String

        func integer(_ json: GoldenJSON, _ key: String) throws -> Int {
            guard let value = json[key]?.integer else {
                throw GoldenCaseError(path, "has an object without \(key)")
            }
            return value
        }

        func instance(_ json: GoldenJSON, _ images: [Int: Size2D]) throws
            -> COCOEvaluation.GroundTruth
        {
            let id = try integer(json, "id")
            let image = try integer(json, "image_id")
            let box = json["bbox"]?.numbers ?? []
            guard let size = images[image], box.count == 4, let area = json["area"]?.number else {
                throw GoldenCaseError(path, "has the annotation \(id) without image, bbox or area")
            }
            return try COCOEvaluation.GroundTruth(
                image: image, category: integer(json, "category_id"),
                box: COCOBox(x: box[0], y: box[1], width: box[2], height: box[3]), area: area,
                isCrowd: json["iscrowd"]?.numbers.first.map { $0 != 0 } ?? false, id: id,
                mask: mask(json["segmentation"], size, id))
        }

        /// Polygons, run lengths or a compressed string.
        private func mask(_ json: GoldenJSON?, _ size: Size2D, _ id: Int) throws -> RunLengthMask? {
            do {
                if let polygons = json?.array {
                    return try RunLengthMask(polygons: polygons.map(\.numbers), size: size)
                }
                guard let counts = json?["counts"] else { return nil }
                if let text = counts.string {
                    return try RunLengthMask(compressed: text, size: size)
                }
                return try RunLengthMask(counts: counts.integers ?? [], size: size)
            } catch {
                throw GoldenCaseError(path, "has the annotation \(id) with \(error)")
            }
        }
    }
}
