import DenseKitCore
import Foundation

/// An annotation file in COCO's format, as far as instances need it.
struct COCOFile: Encodable {
    struct ImageEntry: Encodable {
        let id: Int
        let fileName: String
        let height: Int
        let width: Int
    }

    struct Annotation: Encodable {
        let id: Int
        let imageId: Int
        let categoryId: Int
        /// x, y, width, height.
        let bbox: [Double]
        let area: Int
        let iscrowd: Int
        let segmentation: Segmentation
    }

    struct Category: Encodable {
        let id: Int
        let name: String
    }

    /// Outlines, or run lengths as a string or as numbers.
    enum Segmentation: Encodable {
        case polygons([[Double]])
        case compressed(RunLengthMask)
        case runs(RunLengthMask)

        private enum Keys: CodingKey { case size, counts }

        func encode(to encoder: any Encoder) throws {
            func container(_ mask: RunLengthMask) throws -> KeyedEncodingContainer<Keys> {
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode([mask.size.height, mask.size.width], forKey: .size)
                return container
            }
            switch self {
            case .polygons(let polygons): try polygons.encode(to: encoder)
            case .compressed(let mask):
                var container = try container(mask)
                try container.encode(mask.compressed, forKey: .counts)
            case .runs(let mask):
                var container = try container(mask)
                try container.encode(mask.counts, forKey: .counts)
            }
        }
    }

    private(set) var images: [ImageEntry] = []
    private(set) var annotations: [Annotation] = []
    let categories: [Category]
    private let categoryByLabel: [UInt16: Int]

    /// - Parameter labels: of scenes, which become categories from 1 on
    init(labels: [UInt16]) {
        categories = labels.enumerated().map {
            Category(id: $0.offset + 1, name: DemoScene.classes.names[Int($0.element)])
        }
        categoryByLabel = Dictionary(
            uniqueKeysWithValues: labels.enumerated().map { ($0.element, $0.offset + 1) })
    }

    /// Notes an image and its visible objects.
    mutating func add(_ scene: DemoScene, fileName: String) throws {
        let size = scene.image.size
        images.append(
            ImageEntry(
                id: images.count + 1, fileName: fileName, height: size.height, width: size.width))
        for object in scene.objects {
            let mask = try RunLengthMask(bitmap: object.mask, size: size)
            // What is all but hidden nobody would annotate.
            guard let category = categoryByLabel[object.label],
                mask.area * 500 >= size.height * size.width
            else { continue }
            let outline = Outline(object.mask, height: size.height, width: size.width)
            let box = mask.boundingBox
            let segmentation: Segmentation =
                object.isCrowd
                ? .runs(mask)  // as COCO has them
                : outline.hasHoles || annotations.count % 8 == 7
                    ? .compressed(mask) : .polygons(outline.polygons)
            annotations.append(
                Annotation(
                    id: annotations.count + 1, imageId: images.count, categoryId: category,
                    bbox: [box.x, box.y, box.width, box.height], area: mask.area,
                    iscrowd: object.isCrowd ? 1 : 0,
                    segmentation: segmentation))
        }
    }

    private enum CodingKeys: CodingKey { case images, annotations, categories }

    /// The file's text.
    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }
}
