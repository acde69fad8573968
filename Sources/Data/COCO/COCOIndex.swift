import CDenseKitSimdjson
import DenseKitVision

/// A COCO file of annotations (`instances_*.json`) in memory: pictures, categories, and what is annotated in every picture.
///
/// The file is parsed once and kept as flat arrays in a cache, which every thread and process maps into its memory from then on.
public final class COCOIndex: Sendable {
    /// A picture as the file lists it.
    public struct Picture: Sendable, Equatable {
        public let id: Int64
        /// The file's name in the folder of pictures.
        public let name: String
        public let size: Size2D
    }

    /// A kind of thing as the file lists it.
    public struct Category: Sendable, Equatable {
        public let id: Int64
        public let name: String
    }

    /// One annotation, as the file says it.
    public struct Annotation: Sendable {
        let record: dk_coco_annotation

        public var id: Int64 { record.id }
        /// The place of its category in `categories`.
        public var category: Int { Int(record.category) }
        public var box: COCOBox { COCOBox(x: record.x, y: record.y, width: record.width, height: record.height) }
        public var area: Double { record.area }
        public var isCrowd: Bool { record.is_crowd != 0 }
        /// Whether the file says that it counts for nothing.
        public var isIgnored: Bool { record.is_ignored != 0 }

        /// Whether mmdetection learns from it: its box has an area inside a picture of `size` and sides of a pixel, and it covers something.
        public func isLearnable(in size: Size2D) -> Bool {
            box.overlapsImage(of: size) && record.area > 0 && record.width >= 1 && record.height >= 1 && !isIgnored
        }
    }

    enum ShapeKind: UInt8 {
        case absent, hundredths, doubles, counts, text
    }

    /// The file that was parsed.
    public let path: String
    public let categories: [Category]
    /// What is odd and harms nothing, with the first example of each kind.
    public let remarks: [DataError]
    private let file: IndexFile

    init(_ file: IndexFile, path: String, remarks: [DataError] = []) {
        (self.file, self.path) = (file, path)
        let names = file.bytes(.names)
        categories = file.array(.categories, of: dk_coco_category.self).map {
            Category(id: $0.id, name: COCOIndex.text(names, $0.name_start, $0.name_length))
        }
        let lines = String(decoding: file.bytes(.remarks), as: UTF8.self).split(separator: "\n").map(String.init)
        self.remarks =
            remarks
            + stride(from: 0, to: lines.count - 1, by: 2).map { DataError(path, lines[$0], remedy: lines[$0 + 1]) }
    }

    private var images: UnsafeBufferPointer<dk_coco_image> { file.array(.pictures) }
    private var order: UnsafeBufferPointer<Int64> { file.array(.order) }
    private var firsts: UnsafeBufferPointer<Int64> { file.array(.firsts) }
    private var records: UnsafeBufferPointer<dk_coco_annotation> { file.array(.annotations) }

    public var pictureCount: Int { images.count }

    /// Picture `place`, which is in `0 ..< pictureCount`, in the order of the file.
    public func picture(at place: Int) -> Picture {
        precondition((0..<pictureCount).contains(place), "there are \(pictureCount) pictures")
        let image = images[place]
        return Picture(
            id: image.id, name: COCOIndex.text(file.bytes(.names), image.name_start, image.name_length),
            size: Size2D(height: Int(image.height), width: Int(image.width)))
    }

    /// What is annotated in picture `place`, in the order of the file: crowds too, and what is of no use in training.
    public func annotations(ofPicture place: Int) -> [Annotation] {
        precondition((0..<pictureCount).contains(place), "there are \(pictureCount) pictures")
        return order[Int(firsts[place])..<Int(firsts[place + 1])].map { Annotation(record: records[Int($0)]) }
    }

    /// What an annotation covers; nil where the file does not say it.
    ///
    /// - Throws: `DataError` for run lengths that are no mask.
    public func shape(of annotation: Annotation) throws -> Instance.Shape? {
        var reader = reader(of: annotation)
        do {
            switch ShapeKind(rawValue: annotation.record.shape_kind) {
            case .hundredths: return .polygons(reader.polygons { $0.hundredths($1) })
            case .doubles: return .polygons(reader.polygons { $0.doubles($1) })
            case .counts: return .runLengths(try reader.counts())
            case .text: return .runLengths(try reader.compressed())
            case .absent, nil: return nil
            }
        } catch {
            throw DataError(path, "annotation \(annotation.id): \(error)", remedy: "correct its segmentation, or take it out")
        }
    }

    /// Whether masks can be learnt from an annotation of a picture of `size`, as far as that can be told without drawing it.
    public func mayHaveMask(_ annotation: Annotation, in size: Size2D) -> Bool {
        var reader = reader(of: annotation)
        return switch ShapeKind(rawValue: annotation.record.shape_kind) {
        case .hundredths, .doubles:
            reader.polygonLengths(annotation.record.shape_kind).contains { $0.isMultiple(of: 2) && $0 >= 6 }
        case .counts, .text: reader.size() == size
        case .absent, nil: false
        }
    }

    private func reader(of annotation: Annotation) -> COCOShapeReader {
        COCOShapeReader(annotation.record, in: file.array(.words))
    }

    private static func text(_ names: UnsafeRawBufferPointer, _ start: Int64, _ length: Int64) -> String {
        String(decoding: names[Int(start)..<Int(start + length)], as: UTF8.self)
    }
}

extension COCOBox {
    /// Whether a part of it with an area lies in an image of `size`.
    func overlapsImage(of size: Size2D) -> Bool {
        let across = max(0, min(x + width, Double(size.width)) - max(x, 0))
        let down = max(0, min(y + height, Double(size.height)) - max(y, 0))
        return across * down != 0
    }
}
